import Glibc
import Kernel

/// Files that are written atomically and durably, even if the machine crashes.
enum DurableFile {
    /// Replaces the file: writes a draft, flushes it and renames it. Only the owner may read it.
    static func replace(_ path: String, with text: String) throws {
        // Not named by the process: in two containers on one folder its number is the same.
        let draft = "\(path).\(UniqueName.make()).draft"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { unlink(draft) }
        let count = write(descriptor, text, text.utf8.count)
        let isWritten = count == text.utf8.count && fsync(descriptor) == 0
        let reason = errno
        close(descriptor)
        errno = isWritten ? 0 : count >= 0 && reason == 0 ? ENOSPC : reason
        guard isWritten, rename(draft, path) == 0 else { throw failure(path) }
        flushFolder(of: path)
    }

    /// Runs `change` while no other process changes the file, by a lock on a file beside it.
    static func exclusively<Result>(_ path: String, _ change: () throws -> Result) throws -> Result {
        let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw CommandFailure("\(path).lock cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0, errno == EINTR {}
        return try change()
    }

    /// Flushes the folder of the file, so that a new name in it is durable.
    static func flushFolder(of path: String) {
        let folder = open(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}

/// Names for files and sockets in a folder that several processes share.
enum UniqueName {
    /// Returns 16 hexadecimal digits by chance. A process's number does not do: processes of two containers, or of two
    /// machines, have the same one, and the first of every container is 1.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return hexadecimal(random.next(), digits: 16)
    }
}
