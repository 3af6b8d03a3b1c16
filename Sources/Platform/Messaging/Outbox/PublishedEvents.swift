import FoundationEssentials
public import Kernel
public import Storage

/// The events that the log has taken from an outbox lately. They are kept in the service's own database, so that they can
/// be published again, under the same names, after the log was lost; consumers that have handled one skip it. A row holds
/// all that the relay brought to the log at once: a row for each event would cost every order a write more.
public enum PublishedEvents {
    /// Belongs to no migration: the host makes it.
    package static let schema = CollectionSchema(name: "published_events", fields: [])

    /// For how long an event is kept. Shorter than inboxes keep their notes: what is published again is never handled
    /// twice.
    public static let keeping = Duration.seconds(10 * 86_400)
    private static let batch = 16

    /// Puts the events that happened at `since` or later back into the outbox, in their order; all that are kept without
    /// it. Returns how many. A relay that runs beside takes them at once.
    public static func republish(
        _ database: any Database, loop: any Loop, since: Timestamp? = nil,
        showing progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Int {
        let outbox = Outbox(loop: loop)
        let newest = try await database.read { tx in
            try await tx.query(schema, Query(sort: [Sort("id", descending: true)], limit: 1)).first?.id
        }
        guard let newest else { return 0 }
        var (count, last) = (0, String?.none)
        while true {
            let after = last
            let (id, moved) = try await database.transaction { tx -> (String?, Int) in
                let conditions =
                    [Condition.lessOrEqual("id", .text(newest))] + (after.map { [.greater("id", .text($0))] } ?? [])
                guard
                    let row = try await tx.query(schema, Query(where: conditions, sort: [Sort("id")], limit: 1)).first
                else { return (nil, 0) }
                let events = try PublishedBatch.events(of: row)
                let others = events.filter { event in since.map { event.time < $0 } ?? false }
                let chosen = events.filter { event in since.map { event.time >= $0 } ?? true }
                guard !chosen.isEmpty else { return (row.id, 0) }
                for event in chosen { try await outbox.append(event, in: tx) }
                try await tx.deleteAll(ids: [row.id], from: schema)
                if !others.isEmpty { try await tx.insert(PublishedBatch.row(row.id, others), into: schema) }
                return (row.id, chosen.count)
            }
            guard let id else { return count }
            last = id
            count += moved
            progress(count)
        }
    }

    /// How many events are kept.
    package static func count(in tx: any ReadTransaction) async throws -> Int {
        var (count, last) = (0, "")
        while true {
            let query = Query(where: [.greater("id", .text(last))], sort: [Sort("id")], limit: batch)
            let rows = try await tx.query(schema, query)
            for row in rows { count += try PublishedBatch.events(of: row).count }
            guard rows.count == batch, let newest = rows.last?.id else { return count }
            last = newest
        }
    }

    /// Keeps what the log has taken. `rows` are those of the outbox, in their order.
    static func keep(_ rows: [Record], in tx: any Transaction) async throws {
        for batch in PublishedBatch.split(rows) {
            guard let first = batch.first else { continue }
            var events = batch.map(Outbox.event)
            // Another instance may have relayed the same rows and more, and been faster.
            if let row = try await tx.find(schema, id: first.id) {
                let own = Set(events.map(\.id))
                events += try PublishedBatch.events(of: row).filter { !own.contains($0.id) }
            }
            try await tx.put(PublishedBatch.row(first.id, events), in: schema)
        }
    }

    /// Deletes the oldest rows whose events all happened before `time`; returns whether there may be more.
    static func prune(before time: Timestamp, in tx: any Transaction) async throws -> Bool {
        let rows = try await tx.query(schema, Query(sort: [Sort("id")], limit: batch))
        let old = try rows.prefix { row in try PublishedBatch.events(of: row).allSatisfy { $0.time < time } }
        try await tx.deleteAll(ids: old.map(\.id), from: schema)
        if !old.isEmpty { try await tx.releaseSpace() }
        return old.count == batch
    }
}

/// The events of one row of `PublishedEvents`, in their order.
struct PublishedBatch: Codable {
    /// Rows stay far below what each engine takes for a document.
    private static let bytes = 128 << 10

    private struct Event: Codable {
        let id: String
        let source: String
        let type: String
        let subject: String
        let time: Int64
        let sequence: Int64
        let traceparent: String?
        /// JSON, byte by byte as it was published.
        let data: String
    }
    private let events: [Event]

    /// Cuts the rows of the outbox into lists whose data are not too long for one row.
    static func split(_ rows: [Record]) -> [ArraySlice<Record>] {
        var (lists, start, size) = ([ArraySlice<Record>](), rows.startIndex, 0)
        for (index, row) in rows.enumerated() {
            if index > start, size + row.document.count > bytes {
                lists.append(rows[start..<index])
                (start, size) = (index, 0)
            }
            size += row.document.count
        }
        if start < rows.endIndex { lists.append(rows[start...]) }
        return lists
    }

    static func row(_ id: String, _ events: [CloudEvent]) throws -> Record {
        let batch = PublishedBatch(
            events: events.map {
                Event(
                    id: $0.id, source: $0.source, type: $0.type, subject: $0.subject, time: $0.time.milliseconds,
                    sequence: $0.sequence, traceparent: $0.traceparent, data: String(decoding: $0.data, as: UTF8.self))
            })
        return Record(id: id, version: 1, document: try JSON.bytes(of: batch), fields: [])
    }

    static func events(of row: Record) throws -> [CloudEvent] {
        try JSON.decode(PublishedBatch.self, from: Data(row.document)).events.map {
            CloudEvent(
                id: $0.id, source: $0.source, type: $0.type, subject: $0.subject,
                time: Timestamp(milliseconds: $0.time), sequence: $0.sequence, traceparent: $0.traceparent,
                data: Data($0.data.utf8))
        }
    }
}
