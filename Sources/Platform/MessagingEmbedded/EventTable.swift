import FoundationEssentials
import Kernel
import Messaging
import Storage
import StorageSQLite

/// A part of the log as one subscriber sees it.
struct LogBatch: Sendable {
    let events: [LoggedEvent]
    /// Everything up to here was looked at, of other types too.
    let end: Int64
    /// Whether the log ended there.
    let isLast: Bool
    /// The position of the newest event there was.
    let head: Int64
}

/// The log's table: one row an event, its CloudEvents attributes as columns.
enum EventTable {
    /// How many rows one look passes at most, so that a rare type does not hold the reader.
    private static let window: Int64 = 20_000

    private static let columns = "position, id, source, type, subject, time, sequence, traceparent, data"

    static func create(on connection: Connection) throws {
        // Without AUTOINCREMENT, a position could be given twice once old events are dropped.
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS events (
                position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL,
                subject TEXT NOT NULL, time INTEGER NOT NULL, sequence INTEGER NOT NULL, traceparent TEXT,
                data TEXT NOT NULL, UNIQUE (source, id))
            """)
    }

    /// The log's identity, made with the log. A log that has none yet, made by an older program, gets it now.
    static func identity(on connection: Connection, making id: String) throws(StorageError) -> LogIdentity {
        try connection.execute(
            "CREATE TABLE IF NOT EXISTS log_identity (id INTEGER PRIMARY KEY CHECK (id = 1), identity TEXT NOT NULL)")
        let statement = try connection.statement("INSERT OR IGNORE INTO log_identity VALUES (1, ?)")
        statement.bind(1, id)
        _ = try statement.run()
        let found = try connection.statement("SELECT identity FROM log_identity").first { $0.text(0) }
        return LogIdentity(found ?? id)
    }

    /// The event at a position, as `CloudEvent.key` names it; `nil` if there is none.
    static func key(at position: Int64, on connection: Connection) throws(StorageError) -> String? {
        let statement = try connection.statement("SELECT source, id FROM events WHERE position = ?")
        statement.bind(1, position)
        return try statement.first { "\($0.text(0)) \($0.text(1))" }
    }

    static func hasEvents(from source: String, on connection: Connection) throws(StorageError) -> Bool {
        let statement = try connection.statement("SELECT 1 FROM events WHERE source = ? LIMIT 1")
        statement.bind(1, source)
        return try statement.first { $0.integer(0) } != nil
    }

    /// The new row's position; `nil` when the log has the event.
    static func insert(_ event: CloudEvent, on connection: Connection) throws -> Int64? {
        let statement = try connection.statement(
            """
            INSERT INTO events (id, source, type, subject, time, sequence, traceparent, data)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, id) DO NOTHING
            """)
        statement.bind(1, event.id)
        statement.bind(2, event.source)
        statement.bind(3, event.type)
        statement.bind(4, event.subject)
        statement.bind(5, event.time.milliseconds)
        statement.bind(6, event.sequence)
        statement.bind(7, event.traceparent)
        let changes = try event.data.withUnsafeBytes { data in
            defer { statement.clear() }
            statement.bind(8, utf8: data.bindMemory(to: UInt8.self), copying: false)
            return try statement.run()
        }
        return changes > 0 ? connection.lastRow : nil
    }

    static func head(on connection: Connection) throws -> Int64 {
        try connection.statement("SELECT max(position) FROM events").first { $0.integer(0) } ?? 0
    }

    /// The last position before the first event of that time or later.
    static func position(before time: Timestamp, on connection: Connection) throws -> Int64 {
        let statement = try connection.statement("SELECT min(position) FROM events WHERE time >= ?")
        statement.bind(1, time.milliseconds)
        let first = try statement.first { $0.isNull(0) ? nil : $0.integer(0) }
        return try first.flatMap { $0 }.map { $0 - 1 } ?? head(on: connection)
    }

    /// Returns the events that follow `cursor`, on one view of the file.
    static func batch(
        on connection: Connection, after cursor: Int64, types: Set<String>, limit: Int
    ) throws -> LogBatch {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        let head = try head(on: connection)
        let end = min(head, cursor + window)
        guard end > cursor, !types.isEmpty else {
            return LogBatch(events: [], end: max(head, cursor), isLast: true, head: head)
        }
        let events = try read(on: connection, after: cursor, to: end, limit: limit, types: types, subject: nil)
        let reached = events.count < limit ? end : events.last?.position ?? end
        return LogBatch(events: events, end: reached, isLast: reached >= head, head: head)
    }

    /// No types are all types.
    static func read(
        on connection: Connection, after position: Int64, to end: Int64, limit: Int, types: Set<String>,
        subject: String?
    ) throws -> [LoggedEvent] {
        var sql = "SELECT \(columns) FROM events WHERE position > ? AND position <= ?"
        if !types.isEmpty { sql += " AND type IN (\(types.map { _ in "?" }.joined(separator: ", ")))" }
        if subject != nil { sql += " AND subject = ?" }
        let statement = try connection.statement(sql + " ORDER BY position LIMIT ?")
        statement.bind(1, position)
        statement.bind(2, end)
        var next = 3
        for text in types.sorted() + (subject.map { [$0] } ?? []) {
            statement.bind(next, text)
            next += 1
        }
        statement.bind(next, Int64(limit))
        return try statement.rows(event)
    }

    private static func event(_ row: borrowing Row) -> LoggedEvent {
        let event = CloudEvent(
            id: row.text(1), source: row.text(2), type: row.text(3), subject: row.text(4),
            time: Timestamp(milliseconds: row.integer(5)), sequence: row.integer(6),
            traceparent: row.isNull(7) ? nil : row.text(7), data: row.withBytes(8) { Data($0) })
        return LoggedEvent(event: event, position: row.integer(0))
    }
}
