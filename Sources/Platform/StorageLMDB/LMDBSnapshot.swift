import CLMDB
import Glibc
package import Storage

/// The snapshot of an LMDB folder. A write transaction keeps writers out for a moment; in that moment the two meta pages are
/// read, and a read transaction begins. As long as that lasts, LMDB reuses no page that the metas lead to, so that the
/// file's other pages can be copied while the service writes. LMDB's own copy does the same, with a moment of its own choice.
package final class LMDBSnapshot: StoreSnapshot {
    private let environment: Environment
    private let usage: DatabaseUsageLock
    private var hold: OpaquePointer?
    private var view: OpaquePointer?
    private var metas: [UInt8] = []
    private var pages = 0
    private var hasClosed = false

    package init(folder: String) throws(StorageError) {
        let environment = try EnvironmentRegistry.shared.open(folder, mapSize: 64 << 20)
        self.environment = environment
        do throws(StorageError) {
            usage = try DatabaseUsageLock("\(folder)/data")
        } catch {
            EnvironmentRegistry.shared.release(environment)
            throw error
        }
        // Opens the tables of collections, before the view begins: a transaction knows of those that were open before it.
        try? environment.read { _ in }
    }

    package func tryHold() throws -> Bool {
        hold = try begin(0)
        return true
    }

    package func fix() throws {
        try environment.checkFile()
        if let view { mdb_txn_abort(view) }
        view = try begin(UInt32(MDB_RDONLY))
        var info = MDB_envinfo()
        try check(mdb_env_info(environment.handle, &info), at: environment.path)
        pages = Int(info.me_last_pgno) + 1
        metas = [UInt8](repeating: 0, count: min(2, pages) * pageSize)
        let descriptor = try openFile()
        defer { Glibc.close(descriptor) }
        guard pread(descriptor, &metas, metas.count, 0) == metas.count else { throw fault(errno) }
    }

    package func release() {
        if let hold { mdb_txn_abort(hold) }
        hold = nil
    }

    package func size() throws -> Int { pages * pageSize }

    package func countRecords() throws -> Int {
        try environment.tablesOfRecords.reduce(0) { sum, table in
            var facts = MDB_stat()
            try check(mdb_stat(view, table, &facts), at: environment.path)
            return sum + facts.ms_entries
        }
    }

    package func copy(by draft: String, to take: (UnsafeRawBufferPointer) throws -> Void) throws {
        try metas.withUnsafeBytes { try take($0) }
        let descriptor = try openFile()
        defer { Glibc.close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        // Pages at the end that were never written are missing in the file, and nothing leads to them.
        var (offset, end) = (metas.count, pages * pageSize)
        while offset < end {
            let count = pread(descriptor, buffer.baseAddress, min(buffer.count, end - offset), off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(errno) }
            if count == 0 { end = offset }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
        }
    }

    package func close() {
        guard !hasClosed else { return }
        hasClosed = true
        release()
        if let view { mdb_txn_abort(view) }
        view = nil
        EnvironmentRegistry.shared.release(environment)
    }

    deinit { close() }

    private var pageSize: Int {
        var facts = MDB_stat()
        mdb_env_stat(environment.handle, &facts)
        return Int(facts.ms_psize)
    }

    /// Begins a transaction; the service may have made the map larger.
    private func begin(_ flags: UInt32) throws -> OpaquePointer {
        for _ in 0..<100 {
            var transaction: OpaquePointer?
            let code = mdb_txn_begin(environment.handle, nil, flags, &transaction)
            if code == MDB_MAP_RESIZED {
                try environment.adoptMapSize()
                continue
            }
            try check(code, at: environment.path)
            if let transaction { return transaction }
        }
        throw StorageError(.unavailable, "\(environment.path): another process changes it all the time")
    }

    private func openFile() throws -> Int32 {
        let descriptor = open("\(environment.path)/data.mdb", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(errno) }
        return descriptor
    }

    private func fault(_ code: CInt) -> StorageError {
        StorageError(
            .unavailable, "\(environment.path)/data.mdb cannot be copied: \(String(cString: strerror(code)))")
    }
}
