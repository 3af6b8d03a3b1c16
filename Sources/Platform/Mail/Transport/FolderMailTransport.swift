import FoundationEssentials
public import Kernel

/// Puts each mail as an `.eml` file into a folder: for a shop without an SMTP server. A mail sent again is the same file.
public final class FolderMailTransport: MailTransport {
    private let folder: String
    private let worker: any Worker

    public init(folder: String, loop: any Loop) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.folder = folder
        worker = loop.makeWorker(named: "mail folder")
    }

    public func send(_ mail: Mail) async throws(MailError) {
        let path = folder + "/" + Self.fileName(mail.id) + ".eml"
        let outcome: Result<Void, MailError> = await withCheckedContinuation { continuation in
            worker.submit {
                do {
                    try Data(mail.bytes).write(to: URL(filePath: path), options: .atomic)
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(MailError("\(path): \(error)", isRetriable: true)))
                }
            }
        }
        try outcome.get()
    }

    /// Never leaves the folder, whatever the id is.
    private static func fileName(_ id: String) -> String {
        String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "_" }.prefix(200))
    }
}
