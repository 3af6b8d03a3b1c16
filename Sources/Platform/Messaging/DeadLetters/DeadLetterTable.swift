import FoundationEssentials
public import Kernel
import Storage

/// The dead letters in the consumer's own database; what is done to them is part of somebody's transaction.
enum DeadLetterTable {
    static let collection = Collection<DeadLetter>(
        "deadLetters",
        fields: [
            .text("group") { $0.group },
            .text("subject", indexed: true) { $0.event.subject },
            .text("state") { $0.state.rawValue },
            .text("eventId") { $0.event.id },
            .text("source") { $0.event.source },
            .text("type") { $0.event.type },
            .time("time") { $0.event.time },
            .integer("sequence") { $0.event.sequence },
            .text("traceparent") { $0.event.traceparent },
            .text("partition") { $0.partition.description },
            .integer("position") { $0.position },
            .text("error") { $0.error },
            .integer("tries") { Int64($0.tries) },
            .time("setAsideAt") { $0.setAsideAt },
        ])
    static let schema = collection.schema

    static func find(_ id: String, group: String, in tx: any ReadTransaction) async throws -> DeadLetter {
        guard let letter = try await tx.find(schema, id: id).map(letter), letter.group == group else {
            throw DeadLetterError(.unknown, "\(group) has no dead letter \(id)")
        }
        return letter
    }

    static func query(
        _ conditions: [Condition], sort: [Sort] = [], limit: Int, offset: Int = 0, in tx: any ReadTransaction
    ) async throws -> [DeadLetter] {
        let query = Query(where: conditions, sort: sort + [Sort("id")], limit: limit, offset: offset)
        return try await tx.query(schema, query).map(letter)
    }

    /// As many as the limit says and as come to the bytes of a page: an event may have a million of them.
    static func part(
        _ query: Query, in tx: any ReadTransaction
    ) async throws -> (letters: [DeadLetter], isEnd: Bool) {
        let found = try await BoundedRecords.read(query, of: schema, within: ReadLimits.pageBytes, in: tx)
        return (found.records.map(letter), found.isEnd)
    }

    static func page(
        _ conditions: [Condition], _ request: PageRequest, in tx: any ReadTransaction
    ) async throws -> Page<DeadLetter> {
        let query = Query(
            where: conditions, sort: request.sort + [Sort("id")], limit: request.size,
            offset: request.number * request.size)
        var found = try await BoundedRecords.read(query, of: schema, within: ReadLimits.pageBytes, in: tx)
        let request = found.cut(request)
        let count = try await tx.count(schema, where: conditions)
        return Page(items: found.records.map(letter), request: request, totalElements: count)
    }

    /// The letter that has to go first, of a subject or of all.
    static func first(
        group: String, subject: String? = nil, in tx: any ReadTransaction
    ) async throws -> DeadLetter? {
        try await query(DeadLetterQuery(subject: subject).conditions(group), limit: 1, in: tx).first
    }

    /// The identifier of the next letter: behind all others, whatever the clock says.
    static func nextID(at time: Timestamp, in tx: any ReadTransaction) async throws -> String {
        let newest = try await tx.query(schema, Query(sort: [Sort("id", descending: true)], limit: 1)).first
        var sequence = OutboxSequence()
        return hexadecimal(sequence.next(time, after: newest?.id), digits: 16)
    }

    static func record(_ letter: DeadLetter) -> Record {
        Record(
            id: letter.id, version: letter.version, document: Array(letter.event.data),
            fields: collection.fields.map { $0.value(letter) })
    }

    private static func letter(_ record: Record) -> DeadLetter {
        func text(_ field: Int) -> String? { record.fields[field].text }
        func number(_ field: Int) -> Int64 { record.fields[field].integer ?? 0 }
        let event = CloudEvent(
            id: text(3) ?? "", source: text(4) ?? "", type: text(5) ?? "", subject: text(1) ?? "",
            time: Timestamp(milliseconds: number(6)), sequence: number(7), traceparent: text(8),
            data: Data(record.document))
        return DeadLetter(
            id: record.id, version: record.version, group: text(0) ?? "", event: event,
            partition: LogPartition(text(9) ?? ""), position: number(10),
            state: text(2).flatMap(DeadLetter.State.init) ?? .failed, error: text(11), tries: Int(number(12)),
            setAsideAt: Timestamp(milliseconds: number(13)))
    }
}

extension DeadLetterTable {
    /// Takes all of the group's letters out.
    static func forget(_ group: String, in tx: any Transaction) async throws {
        try await tx.deleteAll(where: [.equal("group", .text(group))], from: schema)
    }
}

/// Which dead letters: those that meet all that is given.
public struct DeadLetterQuery: Sendable, Hashable {
    public var type: String?
    public var subject: String?
    public var source: String?
    public var eventId: String?
    public var state: DeadLetter.State?
    /// Set aside at this time or later.
    public var since: Timestamp?
    /// Set aside before this time.
    public var until: Timestamp?

    public init(
        type: String? = nil, subject: String? = nil, source: String? = nil, eventId: String? = nil,
        state: DeadLetter.State? = nil, since: Timestamp? = nil, until: Timestamp? = nil
    ) {
        self.type = type
        self.subject = subject
        self.source = source
        self.eventId = eventId
        self.state = state
        self.since = since
        self.until = until
    }

    func conditions(_ group: String) -> [Condition] {
        let texts = [
            ("group", group), ("type", type), ("subject", subject), ("source", source), ("eventId", eventId),
            ("state", state?.rawValue),
        ]
        var conditions = texts.compactMap { field, text in text.map { Condition.equal(field, .text($0)) } }
        if let since { conditions.append(.greaterOrEqual("setAsideAt", FieldValue(since))) }
        if let until { conditions.append(.less("setAsideAt", FieldValue(until))) }
        return conditions
    }
}
