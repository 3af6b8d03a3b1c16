import CLMDB
import Glibc
import Storage

extension StorageError {
    /// What LMDB answered, in the words of `Storage`. `path` is the environment's folder.
    init(lmdb code: CInt, at path: String) {
        let message = "\(path): \(String(cString: mdb_strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: self = .full(path, String(cString: mdb_strerror(code)))
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC:
            self = .damaged(path, String(cString: mdb_strerror(code)))
        case MDB_MAP_FULL, MDB_READERS_FULL, MDB_TXN_FULL, MDB_MAP_RESIZED, EIO, ENOMEM, EACCES, EAGAIN, EROFS, EFBIG:
            self.init(.unavailable, message)
        case MDB_INVALID, MDB_VERSION_MISMATCH:
            self.init(.internalFailure, "\(path) is not an LMDB environment of this version")
        default:
            self.init(.internalFailure, message)
        }
    }
}

func check(_ code: CInt, at path: String) throws(StorageError) {
    guard code == MDB_SUCCESS else { throw StorageError(lmdb: code, at: path) }
}

/// The map waits for a long read to end before it can grow, and all others wait behind it: the read begins anew.
struct MapIsGrowing: Error, CustomStringConvertible {
    var description: String { "the database's file is being enlarged" }
}

/// The map was too small for what a group of transactions writes. It is larger now, and they can be run again.
struct MapHasGrown: Error, CustomStringConvertible {
    var description: String { "the database's file was too small and has been enlarged" }
}
