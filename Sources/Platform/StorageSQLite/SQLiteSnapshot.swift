import CSQLite
import Glibc
package import Storage

/// The snapshot of a SQLite file: one connection keeps writers out for a moment, another one begins a read transaction in
/// that moment. The write-ahead log keeps the view for as long as the transaction lasts; it grows meanwhile.
package final class SQLiteSnapshot: StoreSnapshot {
    private let path: String
    private let writer: Connection
    private let reader: Connection
    /// Keeps `sambal copy` away; `nil` for a file that is not a service's store.
    private let usage: DatabaseUsageLock?
    private var hasClosed = false
    private static let pagesAtOnce: CInt = 4096

    package init(path: String, isStore: Bool = true) throws(StorageError) {
        self.path = path
        usage = isStore ? try DatabaseUsageLock(path) : nil
        writer = try Connection(path: path, mode: .readWrite)
        reader = try Connection(path: path, mode: .read)
        // The caller tries again: between two tries, SQLite's own waiting would sleep for longer than a commit takes.
        sqlite3_busy_timeout(writer.handle, 0)
    }

    package func tryHold() throws -> Bool {
        do throws(StorageError) {
            try writer.execute("BEGIN IMMEDIATE")
            return true
        } catch {
            guard sqlite3_errcode(writer.handle) & 0xFF == SQLITE_BUSY else { throw error }
            return false
        }
    }

    package func fix() throws {
        // A view of an earlier try is too old.
        reader.rollBack()
        try reader.execute("BEGIN")
        // The first read fixes the view.
        try reader.execute("SELECT count(*) FROM sqlite_master")
    }

    package func release() { writer.rollBack() }

    package func size() throws -> Int {
        let pages = try reader.statement("PRAGMA page_count").first { $0.integer(0) } ?? 0
        let bytes = try reader.statement("PRAGMA page_size").first { $0.integer(0) } ?? 0
        return Int(pages * bytes)
    }

    package func countRecords() throws -> Int {
        let tables = try reader.statement(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        ).rows { $0.text(0) }
        return try tables.reduce(0) { sum, table in
            let name = table.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            return sum + Int(try reader.statement("SELECT count(*) FROM \"\(name)\"").first { $0.integer(0) } ?? 0)
        }
    }

    /// The position of the newest event, if the file is the event log.
    package func newestPosition() throws -> Int64 {
        try reader.statement("SELECT max(position) FROM events").first { $0.integer(0) } ?? 0
    }

    package func copy(by draft: String, to take: (UnsafeRawBufferPointer) throws -> Void) throws {
        unlink(draft)
        defer { unlink(draft) }
        try backUp(to: draft)
        let descriptor = open(draft, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(draft, errno) }
        defer { Glibc.close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(draft, errno) }
            guard count > 0 else { return }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Copies the view page by page by SQLite's backup interface, which reads within the transaction that is open.
    private func backUp(to draft: String) throws {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let result = sqlite3_open_v2(draft, &opened, flags, nil)
        defer { sqlite3_close_v2(opened) }
        guard result == SQLITE_OK, let target = opened else { throw fault(draft, result, target: opened) }
        // A draft is read once and thrown away.
        sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", nil, nil, nil)
        guard let backup = sqlite3_backup_init(target, "main", reader.handle, "main") else {
            throw fault(draft, sqlite3_errcode(target), target: target)
        }
        var step = SQLITE_OK
        while step == SQLITE_OK { step = sqlite3_backup_step(backup, Self.pagesAtOnce) }
        let end = sqlite3_backup_finish(backup)
        guard step == SQLITE_DONE, end == SQLITE_OK else { throw fault(draft, step, target: target) }
    }

    private func fault(_ draft: String, _ code: CInt) -> StorageError {
        StorageError(.unavailable, "\(path) cannot be copied by \(draft): \(String(cString: strerror(code)))")
    }

    private func fault(_ draft: String, _ code: CInt, target: OpaquePointer?) -> StorageError {
        if code & 0xFF == SQLITE_CORRUPT { return .damaged(path, String(cString: sqlite3_errstr(code))) }
        if code & 0xFF == SQLITE_FULL { return .full(draft, String(cString: sqlite3_errstr(code))) }
        return StorageError(
            .unavailable, "\(path) cannot be copied by \(draft): \(String(cString: sqlite3_errstr(code)))")
    }

    package func close() {
        guard !hasClosed else { return }
        hasClosed = true
        reader.rollBack()
        writer.rollBack()
        reader.close()
        writer.close()
    }

    deinit { close() }
}
