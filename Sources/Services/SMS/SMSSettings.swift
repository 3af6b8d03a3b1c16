import Configuration
import Resilience
import ServiceHost

/// The settings of the `sms` section of the configuration.
struct SMSSettings: Sendable {
    enum Provider: Sendable {
        /// Writes messages into a folder; the service's own folder by default.
        case folder(String?)
        case twilio(TwilioSettings)
        case http(url: String, headers: [String: String], timeout: Duration)
    }
    private enum Name: String, CaseIterable {
        case folder, twilio, http
    }
    let provider: Provider
    let breaker: CircuitBreakerSettings

    init(from section: Configuration) {
        let name = section.choice(
            "provider", default: Name.folder,
            help: "Where text messages go: files of a folder, Twilio, or another provider by HTTP.")
        // What is written about the others may stand there.
        for other in Name.allCases where other != name { section.accept(other.rawValue) }
        provider =
            switch name {
            case .folder:
                .folder(
                    section.optionalString(
                        "folder",
                        help: .init(
                            "The folder of the messages if the provider is `folder`.",
                            default: "`sms-outbox` in the data folder")))
            case .twilio: .twilio(TwilioSettings(from: section.section("twilio")))
            case .http: Self.http(section.section("http"))
            }
        breaker = CircuitBreakerSettings(from: section.section("breaker"))
    }

    private static func http(_ section: Configuration) -> Provider {
        let headers = section.stringMap(
            "headers", help: "A header that every request to the provider carries, by its name; for its credentials.")
        for (name, value) in headers where !isSafe(name) || !isSafe(value) {
            section.report("headers", "has a header with a control character: \(name.debugDescription)")
        }
        // A header with a secret that is gone would send every message in vain.
        for (name, value) in headers where value.isEmpty {
            section.report("headers", "has a header without a value: \(name.debugDescription)")
        }
        return .http(
            url: section.url("url", help: "The URL to which every message is posted as JSON."), headers: headers,
            timeout: section.duration(
                "timeout", default: .seconds(10), help: "The timeout of one request to the provider."))
    }

    private static func isSafe(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}
