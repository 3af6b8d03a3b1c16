package import Glibc

/// A file of secrets, or of the keys by which others are trusted: small, and refused where other users could have put
/// something else into it.
package enum GuardedFile {
    /// The users that may do more than they should.
    package enum Exposure: Sendable, Hashable {
        case everyUser, group, otherOwner
    }

    package enum Fault: Error, Sendable, Hashable {
        case missing
        case unreadable(String)
        case exposed(Exposure, isSecret: Bool)
        /// The end of a sentence, by the rule of the caller.
        case refused(String)
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

    /// Reads it whole, by the rule for all such files.
    package static func read(_ path: String, isSecret: Bool, limit: Int) throws(Fault) -> [UInt8] {
        try read(path, limit: limit) { status in
            exposure(mode: status.st_mode, owner: status.st_uid, isSecret: isSecret).map { exposure in
                .exposed(exposure, isSecret: isSecret)
            }
        }
    }

    /// Reads it whole, unless `check` returns why it is refused. Never waits for the other end of a pipe. The file that is
    /// checked is the one that is read.
    package static func read(_ path: String, limit: Int, _ check: (stat) -> Fault?) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .unreadable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(String(cString: strerror(errno))) }
        if let fault = check(status) { throw fault }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        do {
            return try BoundedFile.read(from: descriptor, limit: limit)
        } catch {
            switch error {
            case .unreadable(let reason): throw .unreadable(reason)
            case .tooLarge(let limit): throw .tooLarge(limit)
            }
        }
    }
}

extension GuardedFile.Fault: CustomStringConvertible {
    /// The end of a sentence that begins with the file's name.
    package var description: String {
        switch self {
        case .missing: "cannot be read: \(String(cString: strerror(ENOENT)))"
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .exposed(.everyUser, isSecret: true): "may be read or written by every user of this machine"
        case .exposed(.everyUser, isSecret: false): "may be written by every user of this machine"
        case .exposed(.group, _): "may be written by its group"
        case .exposed(.otherOwner, _): "belongs to another user"
        case .refused(let reason): reason
        case .notRegular: "is not a regular file"
        case .tooLarge(let limit): "is larger than \(limit / 1024) KiB"
        }
    }
}
