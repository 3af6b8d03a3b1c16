import Configuration
import FoundationEssentials
import HTTP
import Kernel

/// Twilio's Programmable Messaging: `POST /2010-04-01/Accounts/{sid}/Messages.json`, form-encoded, Basic
/// (https://www.twilio.com/docs/messaging/api/message-resource).
struct TwilioProvider: SMSProvider {
    let settings: TwilioSettings
    let transport: any Transport

    func send(_ message: TextMessage) async -> SMSOutcome {
        do {
            return TwilioAnswer.outcome(of: try await transport.send(request(for: message)))
        } catch {
            return SMSOutcome(error)
        }
    }

    private func request(for message: TextMessage) -> OutboundRequest {
        let form = [("To", message.to), ("From", settings.from), ("Body", message.text)]
            .map { $0 + "=" + QueryString.encode($1) }.joined(separator: "&")
        return OutboundRequest(
            method: .post,
            url: "\(settings.baseURL)/2010-04-01/Accounts/\(QueryString.encode(settings.accountSid))/Messages.json",
            headers: [
                "Authorization": "Basic "
                    + Data("\(settings.accountSid):\(settings.authToken)".utf8)
                    .base64EncodedString(),
                "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                "Idempotency-Key": message.key,
            ], body: Data(form.utf8), timeout: settings.timeout)
    }
}

/// The meaning of Twilio's answers for the message.
enum TwilioAnswer {
    private struct Failure: Decodable {
        let code: Int?
        let message: String?
    }
    private struct Accepted: Decodable {
        let sid: String
    }

    static func outcome(of response: Response) -> SMSOutcome {
        if response.status == 400, let failure = try? JSON.decode(Failure.self, from: response.body) {
            return outcome(of: failure)
        }
        if (200..<300).contains(response.status), (try? JSON.decode(Accepted.self, from: response.body)) == nil {
            return .unknown("Twilio answered \(response.status) without a message's sid")
        }
        return SMSOutcome(status: response, of: "Twilio") ?? .refused("Twilio answered \(response.status)")
    }

    private static func outcome(of failure: Failure) -> SMSOutcome {
        let text = "Twilio: \(failure.message ?? "refused")" + (failure.code.map { " (\($0))" } ?? "")
        switch failure.code {
        case let code? where numbers.contains(code): return .refused(text, field: .to)
        case let code? where bodies.contains(code): return .refused(text, field: .text)
        case let code? where senders.contains(code): return .notTaken(text)
        default: return .refused(text)
        }
    }

    // https://www.twilio.com/docs/api/errors
    /// The number is invalid, not a mobile's, unsubscribed, in a region not permitted, or not reached from the
    /// sender's.
    private static let numbers: Set<Int> = [21211, 21214, 21217, 21265, 21408, 21610, 21612, 21614]
    /// The text is missing or too long.
    private static let bodies: Set<Int> = [21602, 21605, 21617, 21619]
    /// The sender is missing, invalid, or not of this account: the configuration's fault, not the message's.
    private static let senders: Set<Int> = [21212, 21603, 21606, 21659, 21660]
}

/// The settings of Twilio.
struct TwilioSettings: Sendable {
    let baseURL: String
    let accountSid: String
    let authToken: String
    /// The number, in E.164, or the sender's name that messages come from.
    let from: String
    let timeout: Duration

    /// Reads the section `twilio`: `baseURL`, `accountSid`, `authToken`, `from`, `timeout`.
    init(from section: Configuration) {
        baseURL = section.url(
            "baseURL", default: "https://api.twilio.com", help: "The address of the interface of Twilio.")
        accountSid = section.string("accountSid", help: "The identifier of the account at Twilio.")
        authToken = section.string("authToken", help: "The token that authenticates the account.")
        from = section.string("from", help: "The number, in E.164, or the sender name that messages come from.")
        timeout = section.duration("timeout", default: .seconds(10), help: "The timeout of one request to Twilio.")
    }
}

extension Configuration {
    /// Reads an HTTP URL; a slash at its end is removed.
    func url(_ key: String, default fallback: String? = nil, help: SettingHelp) -> String {
        var url = string(key, default: fallback, help: help)
        if !url.isEmpty, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            report(key, "must begin with http:// or https://")
        }
        while url.last == "/" { url.removeLast() }
        return url
    }
}
