package import Glibc
import Kernel
package import Tokens

/// Reads files of keys and secrets; the errors are the ends of sentences.
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
            bytes = try GuardedFile.read(path, limit: APIKeyLimits.fileBytes) { status in
                guard [owner, 0].contains(status.st_uid) else {
                    return .refused("belongs to another user; make it that of the gateway's user, or root's")
                }
                switch GuardedFile.exposure(mode: status.st_mode, owner: status.st_uid, isSecret: false) {
                case .group: return .refused("may be written by its group; run: chmod go-w \(path)")
                case let exposure?: return .exposed(exposure, isSecret: false)
                case nil:
                    let isRegular = status.st_mode & S_IFMT == S_IFREG
                    return isRegular ? nil : .refused("cannot be read: it is no regular file")
                }
            }
        } catch .missing {
            return APIKeyRing()
        } catch {
            throw APIKeyFault(error.description)
        }
        return try APIKeyRing(json: bytes)
    }
}
