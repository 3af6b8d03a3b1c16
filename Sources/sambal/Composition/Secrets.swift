import FoundationEssentials
import Glibc
import Webhooks

/// Secrets by name: what the configuration says, else one made at the first start and kept in the data folder, so that
/// every process on that folder has the same.
struct Secrets: Sendable {
    let configured: [String: String]
    let data: String

    @Sendable func secret(_ name: String) throws -> String {
        if let secret = configured[name] { return secret }
        let path = data + "/" + name + ".secret"
        if let kept = try? String(contentsOfFile: path, encoding: .utf8) { return kept }
        var random = SystemRandomNumberGenerator()
        let made = WebhookSecret.generate { random.next() }
        // Another process may be doing the same now: whoever creates the file decides.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { return try String(contentsOfFile: path, encoding: .utf8) }
        defer { close(descriptor) }
        guard write(descriptor, made, made.utf8.count) == made.utf8.count else {
            throw UsageError("the secret \(path) cannot be written")
        }
        return made
    }
}
