import CLMDB
import Glibc
import Storage

/// One open LMDB transaction, with those nested in it. Belongs to the thread that began it.
final class Session {
    let path: String
    let catalogue: Catalogue
    let schemaTable: MDB_dbi
    /// Set when the map was too small for a write: then all of it has to be run again.
    private(set) var isMapFull = false
    /// Ends the body at work from outside, where that can be.
    var stop: ReadStop?
    private let owner: Environment
    private let environment: OpaquePointer
    /// The outermost first. Empty once it has ended.
    private var transactions: [OpaquePointer]

    init(
        _ owner: Environment, _ environment: OpaquePointer, transaction: OpaquePointer, path: String,
        schemaTable: MDB_dbi, catalogue: Catalogue
    ) {
        self.owner = owner
        self.environment = environment
        self.path = path
        self.schemaTable = schemaTable
        self.catalogue = catalogue
        transactions = [transaction]
    }

    /// The innermost one: where everything is read and written.
    var transaction: OpaquePointer {
        guard let last = transactions.last else { preconditionFailure("the transaction has ended") }
        return last
    }

    /// Throws what LMDB answered, and notes when the map was full.
    func check(_ code: CInt) throws(StorageError) {
        if code == MDB_MAP_FULL { isMapFull = true }
        guard code == MDB_SUCCESS else { throw StorageError(lmdb: code, at: path) }
    }

    /// The same, with `false` where there was nothing.
    func found(_ code: CInt) throws(StorageError) -> Bool {
        if code == MDB_NOTFOUND { return false }
        try check(code)
        return true
    }

    /// How many entries the schema has; each migration adds one.
    var schemaEntries: Int { (try? entries(of: schemaTable)) ?? -1 }

    func entries(of table: MDB_dbi) throws(StorageError) -> Int {
        var status = MDB_stat()
        try check(mdb_stat(transaction, table, &status))
        return Int(status.ms_entries)
    }

    /// How many are nested in each other.
    var depth: Int { transactions.count }

    /// Throws where a read that may be long has to end: asked at each row.
    func checkStop() throws {
        guard let stop else { return }
        try stop.check()
        if owner.isWanted { throw MapIsGrowing() }
    }

    // MARK: Its end

    /// Begins a transaction inside the innermost one.
    func nest() throws(StorageError) {
        var inner: OpaquePointer?
        try check(mdb_txn_begin(environment, transaction, 0, &inner))
        guard let inner else { throw StorageError(lmdb: MDB_PANIC, at: path) }
        transactions.append(inner)
    }

    /// Keeps what the innermost one did: for good when it is the outermost, else as the next one's.
    func commit() throws(StorageError) {
        guard let last = transactions.popLast() else { return }
        let number = mdb_txn_id(last)
        let code = mdb_txn_commit(last)
        if code != MDB_SUCCESS, transactions.isEmpty, mayBeStored(number, code) {
            throw .lostCommit(at: path, String(cString: mdb_strerror(code)))
        }
        try check(code)
    }

    /// Whether the outermost transaction of that number may be found after a restart although its commit failed. Without
    /// room on the disk, its pages were not written. Otherwise the page that makes them valid may have been.
    private func mayBeStored(_ number: Int, _ code: CInt) -> Bool {
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        let isWithoutRoom = [MDB_MAP_FULL, MDB_TXN_FULL, ENOSPC, EDQUOT, ENOMEM].contains(code)
        return !isWithoutRoom || info.me_last_txnid >= number
    }

    /// Undoes what the innermost one did.
    func abort() {
        guard let last = transactions.popLast() else { return }
        mdb_txn_abort(last)
    }

    /// Runs `body`; then commits when it gives `true`, and aborts when it does not, throws, or finds the map full.
    /// Does not throw in the last case.
    func end(committing body: (Session) throws -> Bool) throws {
        do {
            if try body(self), !isMapFull { try commit() } else { abortAll() }
        } catch {
            abortAll()
            if !isMapFull { throw error }
        }
    }

    private func abortAll() {
        while !transactions.isEmpty { abort() }
    }
}
