import FoundationEssentials
import HTTP
import Kernel

/// Sends text messages.
protocol SMSProvider: Sendable {
    func send(_ message: TextMessage) async -> SMSOutcome
}

/// A text message to one person.
struct TextMessage: Sendable, Hashable {
    /// The message's identity, the same when it is sent again.
    let key: String
    /// The number in E.164.
    let to: String
    let text: String
}

/// The outcome of an attempt to send, as far as it is known.
enum SMSOutcome: Sendable, Hashable {
    enum Field: String, Sendable, Hashable {
        case to, text
    }

    case taken
    /// The message is refused for good. `field` is the refused field, if the provider names one.
    case refused(String, field: Field? = nil)
    /// The message was not accepted this time: the provider is away or too busy, or the configuration is wrong.
    case notTaken(String, retryAfter: Duration? = nil)
    /// The message may have been accepted.
    case unknown(String)
}

extension SMSOutcome {
    /// Makes the outcome of a call without an answer.
    init(_ error: TransportError) {
        self = error.isKnownNotSent ? .notTaken(error.message) : .unknown(error.message)
    }

    /// Makes the outcome from the status alone; `nil` if the answer is about the message, so that the body decides.
    init?(status response: Response, of provider: String) {
        let answered = "\(provider) answered \(response.status)"
        switch response.status {
        case 200..<300: self = .taken
        case 429: self = .notTaken(answered, retryAfter: Self.retryAfter(response))
        // Wrong credentials or a wrong address of the provider: the configuration is at fault, not the message.
        case 401, 403, 404, 405: self = .notTaken(answered)
        case 503: self = .notTaken(answered, retryAfter: Self.retryAfter(response))
        case 400..<500: return nil
        // The provider may have failed after it accepted the message.
        default: self = .unknown(answered)
        }
    }

    /// Reads `Retry-After` in seconds, at most an hour.
    private static func retryAfter(_ response: Response) -> Duration? {
        response.headers["Retry-After"].flatMap { Int64($0) }.map { .seconds(min(max($0, 1), 3600)) }
    }
}

/// Writes each message as a text file into a folder, for a shop without a provider. A repeated message replaces its
/// file.
final class FolderSMSProvider: SMSProvider {
    private let folder: String
    private let worker: any Worker

    init(folder: String, loop: any Loop) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.folder = folder
        worker = loop.makeWorker(named: "sms folder")
    }

    func send(_ message: TextMessage) async -> SMSOutcome {
        let path = folder + "/" + FileName.safe(message.key) + ".txt"
        let content = "To: \(message.to)\n\n\(message.text)\n"
        return await withCheckedContinuation { continuation in
            worker.submit {
                do {
                    try Data(content.utf8).write(to: URL(filePath: path), options: .atomic)
                    continuation.resume(returning: .taken)
                } catch {
                    continuation.resume(returning: .notTaken("\(path): \(ErrorText.of(error))"))
                }
            }
        }
    }
}
