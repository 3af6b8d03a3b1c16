import FoundationEssentials
import Kernel

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
