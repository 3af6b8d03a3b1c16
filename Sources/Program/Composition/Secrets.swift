import FoundationEssentials
import Glibc
import Kernel
import Webhooks

/// Secrets by name: configured ones, else one that is generated at the first start and kept in the data folder, so that
/// every process on that folder has the same.
struct Secrets: Sendable {
    let configured: [String: String]
    let data: String
    private static let limit = 64 << 10

    @Sendable func secret(_ name: String) throws -> String {
        if let secret = configured[name] { return secret }
        let path = data + "/" + name + ".secret"
        if access(path, F_OK) == 0 { return try Self.read(path) }
        var random = SystemRandomNumberGenerator()
        let made = WebhookSecret.generate { random.next() }
        try Self.keep(made, at: path, draft: "\(path).\(UniqueName.make())")
        // Another process may have done the same: the first one wins.
        return try Self.read(path)
    }

    /// The secret, if there is one already.
    func existing(_ name: String) throws -> String? {
        if let secret = configured[name] { return secret }
        let path = data + "/" + name + ".secret"
        return access(path, F_OK) == 0 ? try Self.read(path) : nil
    }

    /// Reads a secret. Refuses a file that other users may write or read: it is not secret.
    private static func read(_ path: String) throws -> String {
        do throws(GuardedFile.Fault) {
            let bytes = try GuardedFile.read(path, isSecret: true, limit: limit)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .unreadable("it is not UTF-8 text")
            }
            return text
        } catch .exposed {
            throw CommandFailure(
                "the secret \(path) can be read or written by other users; make sure that it is yours, then run: "
                    + "chown $(id -u) \(path) && chmod 600 \(path). See docs/runbook.md#secret-readable")
        } catch {
            throw CommandFailure("the secret \(path) \(error.description)")
        }
    }

    /// Writes the file atomically, even if the machine crashes: as a draft that is flushed and then linked to its name,
    /// unless the name is taken.
    private static func keep(_ secret: String, at path: String, draft: String) throws {
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("the secret \(path) cannot be written") }
        defer { unlink(draft) }
        let isWritten = write(descriptor, secret, secret.utf8.count) == secret.utf8.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, link(draft, path) == 0 || errno == EEXIST else {
            throw CommandFailure("the secret \(path) cannot be written")
        }
        DurableFile.flushFolder(of: path)
    }
}
