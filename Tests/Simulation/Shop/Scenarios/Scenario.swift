import Configuration
import Kernel

/// How a world is set up: what its customers do, what the provider does wrong, and how long messages take.
struct Scenario: Sendable {
    let name: String
    var purchase = Purchase.order
    /// The section `psp.faults` of the configuration, one line each.
    var faults: [String] = []
    /// Other sections.
    var more = ""
    /// How long a message between services takes at most.
    var latency: Duration = .zero

    static let all = orders + checkouts + money + unasked

    var plan: CheckoutPlan? {
        if case .checkout(let plan) = purchase { plan } else { nil }
    }

    var story: Story? {
        if case .story(let story) = purchase { story } else { nil }
    }

    func configuration(of services: [String]) throws -> ConfigurationReader {
        var yaml = more
        if let plan { yaml += "cart:\n  checkout: \(plan.style.rawValue)\n  wait: 500ms\n" }
        if let patience = plan?.paymentPatience { yaml += "  paymentPatience: \(patience.components.seconds)s\n" }
        if let story {
            yaml += story.yaml(of: services)
        } else if !faults.isEmpty {
            yaml += "psp:\n  faults:\n" + faults.map { "    \($0)\n" }.joined()
        }
        return ConfigurationReader(try ConfigurationSource(yaml: yaml))
    }
}
