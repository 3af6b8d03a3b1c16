import Glibc

/// A file of secrets, or of the keys by which others are trusted: small, and refused where other users could have put
/// something else into it.
package enum GuardedFile {
    /// The users that may do more than they should.
    package enum Exposure: Sendable, Hashable {
        case everyUser, group, otherOwner
    }

    package enum Fault: Error, Sendable, Hashable {
        case unreadable(String)
        case exposed(Exposure, isSecret: Bool)
        case notRegular
        case tooLarge(Int)
    }

    /// The one rule for all such files; `nil` if it holds. Nobody but the owner may write one. A secret belongs to this
    /// user or to root, and others cannot read it; its group may, as that of a mounted secret does.
    package static func exposure(mode: UInt32, owner: UInt32, isSecret: Bool) -> Exposure? {
        if mode & (isSecret ? 0o006 : 0o002) != 0 { return .everyUser }
        if mode & 0o020 != 0 { return .group }
        return isSecret && owner != geteuid() && owner != 0 ? .otherOwner : nil
    }

    /// Reads it whole. Never waits for the other end of a pipe. The mode is that of the file which is read.
    package static func read(_ path: String, isSecret: Bool, limit: Int) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(String(cString: strerror(errno))) }
        if let exposure = Self.exposure(mode: status.st_mode, owner: status.st_uid, isSecret: isSecret) {
            throw .exposed(exposure, isSecret: isSecret)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        return try Self.bytes(of: descriptor, limit: limit)
    }

    private static func bytes(of descriptor: Int32, limit: Int) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw .tooLarge(limit) }
        }
    }
}

extension GuardedFile.Fault: CustomStringConvertible {
    /// The end of a sentence that begins with the file's name.
    package var description: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .exposed(.everyUser, isSecret: true): "may be read or written by every user of this machine"
        case .exposed(.everyUser, isSecret: false): "may be written by every user of this machine"
        case .exposed(.group, _): "may be written by its group"
        case .exposed(.otherOwner, _): "belongs to another user"
        case .notRegular: "is not a regular file"
        case .tooLarge(let limit): "is larger than \(limit / 1024) KiB"
        }
    }
}
