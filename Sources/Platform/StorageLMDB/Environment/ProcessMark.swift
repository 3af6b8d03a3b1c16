import Glibc
import Storage
import Synchronization

/// Keeps two processes with one number from opening one LMDB folder, as two containers may have that share a volume.
///
/// LMDB knows its readers by the numbers of their processes: one of two with the same number would end the other's views, and
/// reuse pages that those still read. The mark is a lock on one byte of a file beside the data, at the place of that number.
/// It belongs to the open file and not to the process, so that it is seen across containers; the system takes it from who dies.
final class ProcessMark: Sendable {
    /// The system's number of the command that locks for an open file (`F_OFD_SETLK` of fcntl(2)), which C declares for GNU
    /// programs only.
    private static let lockOfOpenFile: Int32 = 37
    private let descriptor: Int32
    private let isReleased = Atomic(false)

    /// Throws `StorageError` where another process of that number has the folder open.
    init(folder: String, process: pid_t = getpid()) throws(StorageError) {
        let path = "\(folder)/processes.use"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError(.unavailable, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        (lock.l_start, lock.l_len) = (off_t(process), 1)
        guard fcntl(descriptor, Self.lockOfOpenFile, &lock) != 0 else { return }
        let code = errno
        close(descriptor)
        guard code == EAGAIN || code == EACCES else {
            throw StorageError(.unavailable, "\(path) cannot be locked: \(String(cString: strerror(code)))")
        }
        throw StorageError(
            .unavailable,
            "\(folder) is open in another process with the number \(process), as in another container: LMDB cannot tell the "
                + "two apart. Give each container a folder of its own, or let them share one process namespace: "
                + "see docs/runbook.md#lmdb-process-number")
    }

    deinit { release() }

    /// Lets this process, or another one of its number, open the folder again.
    func release() {
        if !isReleased.exchange(true, ordering: .relaxed) { close(descriptor) }
    }
}
