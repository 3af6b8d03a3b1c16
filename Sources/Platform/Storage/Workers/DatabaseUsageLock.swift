import Glibc

/// Says that a database's file is in use, by a file beside it that many may share and one may have alone. The system takes
/// it from who dies.
package final class DatabaseUsageLock: Sendable {
    private let descriptor: Int32

    /// Shares the use of `path`. Throws `StorageError` where somebody has it alone.
    package init(_ path: String) throws(StorageError) {
        // Not the database's own file: its engine's locks must stay as they are.
        descriptor = open("\(path).use", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError(.unavailable, "\(path).use cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else {
            close(descriptor)
            throw StorageError(.unavailable, "\(path) is being moved: see docs/runbook.md#database-in-use")
        }
    }

    deinit { close(descriptor) }

    /// Whether it has it alone from now on.
    package func acquireExclusive() -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        // The system may have let go of it meanwhile.
        _ = flock(descriptor, LOCK_SH | LOCK_NB)
        return false
    }
}
