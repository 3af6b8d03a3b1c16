import FoundationEssentials
public import Kernel
import Synchronization

/// Takes mails on their way.
public protocol MailTransport: Sendable {
    /// Returns once the other side has taken responsibility for the mail.
    func send(_ mail: Mail) async throws(MailError)
}

/// Why a mail was not taken, as far as is known.
public struct MailError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Outcome: Sendable, Hashable {
        /// For good: trying again would end the same.
        case refused
        /// It was certainly not taken this time.
        case notTaken
        /// It went out whole and no answer came: it may have been taken.
        case unknown
    }
    public let outcome: Outcome
    public let message: String

    public init(_ outcome: Outcome, _ message: String) {
        self.outcome = outcome
        self.message = message
    }

    public var description: String { message }
}

/// Puts each mail as an `.eml` file into a folder: for a shop without an SMTP server. A mail sent again is the same file.
public final class FolderMailTransport: MailTransport {
    private let folder: String
    /// Several, so that the disk takes their files with one flush: one after another each mail would wait for its own.
    private let workers: [any Worker]
    private let turn = Atomic(0)

    public init(folder: String, loop: any Loop) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.folder = folder
        workers = (0..<8).map { _ in loop.makeWorker(named: "mail folder") }
    }

    public func send(_ mail: Mail) async throws(MailError) {
        let path = folder + "/" + FileName.safe(mail.id) + ".eml"
        let outcome: Result<Void, MailError> = await withCheckedContinuation { continuation in
            nextWorker.submit {
                do {
                    try Data(mail.bytes).write(to: URL(filePath: path), options: .atomic)
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(MailError(.notTaken, "\(path): \(ErrorText.of(error))")))
                }
            }
        }
        try outcome.get()
    }

    private var nextWorker: any Worker {
        workers[turn.wrappingAdd(1, ordering: .relaxed).oldValue % workers.count]
    }
}
