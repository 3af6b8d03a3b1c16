import Configuration
import Kernel
import Testing

/// How a world is set up: what the provider does wrong, and how long messages take.
struct Scenario: Sendable, CustomTestStringConvertible {
    let name: String
    /// The section `psp.faults` of the configuration, one line each.
    var faults: [String] = []
    /// Other sections.
    var more = ""
    /// How long a message between services takes at most.
    var latency: Duration = .zero

    var testDescription: String { name }

    static let plain = Scenario(name: "plain")

    static let faulty = [
        Scenario(name: "lost-reply", faults: ["lostReplies: 1"]),
        Scenario(name: "callbacks-five-times", faults: ["callbackDeliveries: 5"]),
        // The same as 20 s with the time-outs of production, in fewer idle steps.
        Scenario(
            name: "late-callback", faults: ["callbackDelay: 4s"],
            more: "order:\n  paymentTimeout: 1s\npayment:\n  confirmationTimeout: 2s\n"),
        Scenario(name: "server-error", faults: ["serverErrors: 1 time"]),
        Scenario(name: "wrong-signature", faults: ["wrongSignatures: 1"]),
        Scenario(name: "refusal", faults: ["refusals: 1"]),
    ]

    static let all = [plain] + faulty

    func configuration() throws -> ConfigurationReader {
        var yaml = more
        if !faults.isEmpty { yaml += "psp:\n  faults:\n" + faults.map { "    \($0)\n" }.joined() }
        return ConfigurationReader(try ConfigurationSource(yaml: yaml))
    }
}
