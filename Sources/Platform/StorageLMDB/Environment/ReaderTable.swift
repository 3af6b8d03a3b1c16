import CLMDB
import Glibc
import Storage

/// The file in which LMDB notes who reads, `lock.mdb` beside the data.
///
/// LMDB writes to it through mapped memory. Where the file has no block of the disk for what is written, the system ends the
/// process by `SIGBUS`; so all of its blocks are asked for before LMDB opens it.
enum ReaderTable {
    /// For the 126 readers of which LMDB keeps note by default.
    private static let size = 8192

    /// Throws `StorageError` `.full` if the disk has no room for the file. The process must not have the folder open: closing
    /// the file gives up its locks on it.
    static func reserve(in folder: String) throws(StorageError) {
        let path = "\(folder)/lock.mdb"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // LMDB says why it cannot be opened.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return }
        // Some file systems have no such call; they are left to LMDB.
        let isReserved = sambal_reserve_blocks(descriptor, max(status.st_size, size)) == 0
        guard !isReserved, errno == ENOSPC || errno == EDQUOT else { return }
        throw StorageError(lmdb: ENOSPC, at: folder)
    }
}
