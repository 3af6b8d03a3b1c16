import FoundationEssentials
import Kernel
import Storage

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
