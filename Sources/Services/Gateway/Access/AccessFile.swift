import Configuration
package import Glibc
import Kernel
package import Tokens

/// Reads files of keys and secrets; the errors are the ends of sentences. What is checked is the file that is read: it is
/// opened once, and never waited for.
package enum AccessFile {
    /// A file that other users may write is refused: any of them could add a key.
    static func keys(_ path: String) throws(KeySetFault) -> KeySet {
        try KeySet(json: try guarded(path, isSecret: false, limit: TokenLimits.keySetBytes))
    }

    /// Without line ends at its end. A file that other users may read or write is refused.
    static func secret(_ path: String) throws(KeySetFault) -> [UInt8] {
        var bytes = try guarded(path, isSecret: true, limit: 4096)
        while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
        return bytes
    }

    private static func guarded(_ path: String, isSecret: Bool, limit: Int) throws(KeySetFault) -> [UInt8] {
        do {
            return try GuardedFile.read(path, isSecret: isSecret, limit: limit)
        } catch {
            throw KeySetFault(error.description)
        }
    }

    /// No keys if there is no such file yet. A file that others than `owner` and root may write is refused: any of them could
    /// add a key.
    package static func apiKeys(_ path: String, owner: uid_t = geteuid()) throws(APIKeyFault) -> APIKeyRing {
        let bytes: [UInt8]
        do {
            bytes = try read(path, limit: APIKeyLimits.fileBytes) { status in
                guard [owner, 0].contains(status.st_uid) else {
                    return "belongs to another user; make it that of the gateway's user, or root's"
                }
                guard status.st_mode & 0o002 == 0 else { return "may be written by every user of this machine" }
                return status.st_mode & 0o020 == 0 ? nil : "may be written by its group; run: chmod go-w \(path)"
            }
        } catch {
            guard !error.isMissing else { return APIKeyRing() }
            throw APIKeyFault(error.description)
        }
        return try APIKeyRing(json: bytes)
    }

    private struct Refusal: Error, CustomStringConvertible {
        let description: String
        var isMissing = false
    }

    /// `check` returns the reason why the file is refused.
    private static func read(_ path: String, limit: Int, _ check: (stat) -> String?) throws(Refusal) -> [UInt8] {
        // A pipe would block the thread that opens it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Refusal(
                description: "cannot be read: \(String(cString: strerror(errno)))", isMissing: errno == ENOENT)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Refusal(description: "cannot be read: \(String(cString: strerror(errno)))")
        }
        if let reason = check(status) { throw Refusal(description: reason) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(description: "cannot be read: it is no regular file")
        }
        do {
            return try BoundedFile.read(from: descriptor, limit: limit)
        } catch {
            throw Refusal(description: error.description)
        }
    }
}
