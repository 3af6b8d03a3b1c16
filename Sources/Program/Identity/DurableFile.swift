import Glibc
import Kernel

/// Files that are written atomically and durably, even if the machine crashes. A link is followed: the file that it leads to is
/// replaced, not the link.
enum DurableFile {
    /// Replaces the file: writes a draft, flushes it and renames it. It belongs to whom it did before; only the owner of the
    /// folder may read a new one.
    static func replace(_ path: String, with text: String) throws {
        let path = try resolved(path)
        let ownership = try FileOwnership(of: path)
        // Not named by the process: in two containers on one folder its number is the same.
        let draft = "\(path).\(UniqueName.make()).draft"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { unlink(draft) }
        do {
            defer { close(descriptor) }
            errno = 0
            let count = write(descriptor, text, text.utf8.count)
            if count >= 0, count < text.utf8.count { errno = ENOSPC }
            guard count == text.utf8.count else { throw failure(path) }
            try ownership.give(to: descriptor, path)
            guard fsync(descriptor) == 0 else { throw failure(path) }
        }
        guard rename(draft, path) == 0 else { throw failure(path) }
        flushFolder(of: path)
    }

    /// Runs `change` while no other process changes the file, by a lock on a file beside it.
    static func exclusively<Result>(_ path: String, _ change: () throws -> Result) throws -> Result {
        let path = try resolved(path)
        let name = path + ".lock"
        let lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard lock >= 0 else {
            throw CommandFailure("\(name) cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(lock) }
        try FileOwnership(of: path).giveLock(lock, name)
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else {
                throw CommandFailure("\(name) cannot be locked: \(String(cString: strerror(errno)))")
            }
        }
        return try change()
    }

    /// The absolute path of the file without links on it. There may be no such file yet.
    static func resolved(_ path: String) throws -> String {
        if let known = real(path) { return known }
        guard errno == ENOENT else {
            throw CommandFailure("\(path) cannot be used: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard lstat(path, &status) != 0 else {
            throw CommandFailure("\(path) is a link to a file that is not there; make the file, or remove the link")
        }
        guard let parent = real(folder(of: path)) else {
            throw CommandFailure("the folder of \(path) cannot be used: \(String(cString: strerror(errno)))")
        }
        return (parent == "/" ? "" : parent) + "/"
            + path.suffix(from: path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)
    }

    /// The folder that the file is in.
    static func folder(of path: String) -> String {
        guard let end = path.lastIndex(of: "/") else { return "." }
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    /// Flushes the folder of the file, so that a new name in it is durable.
    static func flushFolder(of path: String) {
        let folder = open(folder(of: path), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
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
