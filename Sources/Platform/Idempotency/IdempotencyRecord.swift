import FoundationEssentials
import HTTP
import Kernel
import Storage

/// A key's row. The stored answer's body is the document; the rest are fields, so that nothing is encoded twice.
public struct IdempotencyRecord: Sendable {
    var id: String
    var version: Int64
    var fingerprint: String
    var subject: String
    var token: String
    /// The lease's end; `nil` once the key is free again (released) or done.
    var leaseEnd: Timestamp?
    var expiry: Timestamp?
    /// The stored answer's; `nil` while there is none.
    var status: Int?
    var contentType: String?
    var location: String?
    var tag: String?
    var body: [UInt8] = []

    /// For the service's migrations: `.create(IdempotencyStore.collection.schema)`.
    static let collection = Collection<IdempotencyRecord>(
        "idempotency",
        fields: [
            .text("fingerprint") { $0.fingerprint },
            .text("subject") { $0.subject },
            .text("token") { $0.token },
            .time("leaseEnd") { $0.leaseEnd },
            .time("expiry", indexed: true) { $0.expiry },
            .integer("status") { $0.status.map(Int64.init) },
            // Its tag is on a line of its own: rows of before have one line.
            .text("contentType") {
                $0.tag.map { [contentType = $0.contentType] in "\(contentType ?? "")\n\($0)" } ?? $0.contentType
            },
            .text("location") { $0.location },
        ])
    static let schema = collection.schema

    var stored: Record {
        Record(id: id, version: version, document: body, fields: Self.collection.fields.map { $0.value(self) })
    }
}

extension IdempotencyRecord {
    init(_ record: Record) {
        let fields = record.fields
        self.init(
            id: record.id, version: record.version, fingerprint: fields[0].text ?? "", subject: fields[1].text ?? "",
            token: fields[2].text ?? "", leaseEnd: fields[3].integer.map(Timestamp.init(milliseconds:)),
            expiry: fields[4].integer.map(Timestamp.init(milliseconds:)), status: fields[5].integer.map(Int.init),
            contentType: nil, location: fields[7].text, tag: nil, body: record.document)
        let lines = (fields[6].text ?? "").split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        contentType = lines.first.flatMap { $0.isEmpty ? nil : String($0) }
        tag = lines.count == 2 ? String(lines[1]) : nil
    }

    /// The stored answer, marked as a repetition; `nil` while there is none.
    var replay: Response? {
        guard let status else { return nil }
        var headers: Headers = ["Idempotent-Replayed": "true"]
        if let contentType { headers.add("Content-Type", contentType) }
        if let location { headers.add("Location", location) }
        if let tag { headers.add("ETag", tag) }
        return Response(status: status, headers: headers, body: Data(body))
    }
}
