import CLMDB
import Glibc
import Storage

extension Environment {
    /// Named tables are few: collections and their indexes. Each transaction keeps room for so many.
    private static let tableLimit: UInt32 = 256

    static func open(_ path: String, mapSize: Int) throws(StorageError) -> OpaquePointer {
        try makeFolder(path)
        var made: OpaquePointer?
        guard mdb_env_create(&made) == MDB_SUCCESS, let made else { throw StorageError(lmdb: ENOMEM, at: path) }
        do throws(StorageError) {
            try check(mdb_env_set_maxdbs(made, tableLimit), at: path)
            try check(mdb_env_set_mapsize(made, mapSize), at: path)
            // Without reader slots bound to threads, a reader's and a writer's transaction may share a thread.
            try check(mdb_env_open(made, path, UInt32(MDB_NOTLS), 0o600), at: path)
            // Frees the slots of processes that were killed, whose views would keep old pages.
            try check(mdb_reader_check(made, nil), at: path)
            return made
        } catch {
            mdb_env_close(made)
            throw error
        }
    }

    static func openSchema(_ handle: OpaquePointer, _ path: String) throws(StorageError) -> MDB_dbi {
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(handle, nil, 0, &transaction), at: path)
        var table: MDB_dbi = 0
        let opened = mdb_dbi_open(transaction, Catalogue.tableName, UInt32(MDB_CREATE), &table)
        guard opened == MDB_SUCCESS else {
            mdb_txn_abort(transaction)
            throw StorageError(lmdb: opened, at: path)
        }
        try check(mdb_txn_commit(transaction), at: path)
        return table
    }

    private static func makeFolder(_ path: String) throws(StorageError) {
        guard mkdir(path, 0o700) != 0 else { return }
        let reason: String
        switch errno {
        case EEXIST:
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
            reason = "it is not a folder"
        case ENOENT: reason = "its directory does not exist"
        case let code: reason = String(cString: strerror(code))
        }
        throw StorageError(.unavailable, "cannot open \(path): \(reason)")
    }
}
