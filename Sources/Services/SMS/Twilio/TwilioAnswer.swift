import FoundationEssentials
import HTTP
import Kernel

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
