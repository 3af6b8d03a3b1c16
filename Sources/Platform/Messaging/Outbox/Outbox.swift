import FoundationEssentials
public import Kernel
public import Storage
import Synchronization

/// Events that wait in the service's own database until the relay has brought them to the log. They are stored in the
/// transaction of the step they tell of: either both exist, or neither. There is one for each open `Database`.
public final class Outbox: Sendable {
    /// For the service's migrations: `.create(Outbox.collection.schema)`.
    public static let collection = Collection<CloudEvent>(
        "outbox",
        fields: [
            .text("eventId") { $0.id },
            .text("source") { $0.source },
            .text("type") { $0.type },
            .text("subject") { $0.subject },
            .time("time") { $0.time },
            .integer("sequence") { $0.sequence },
            .text("traceparent") { $0.traceparent },
        ])
    static let schema = collection.schema

    /// Raised when events were committed; the relay waits for it.
    public let signal = Signal()

    private let count = Mutex(OutboxCount())
    private let loop: any Loop
    private let ids = Mutex(OutboxSequence())
    private let instance: String

    public init(loop: any Loop) {
        self.loop = loop
        instance = hexadecimal(loop.random() & 0xFFFF_FFFF, digits: 8)
    }

    /// How many events wait: as the relay counted last, and what this process did since.
    public var depth: Int { count.withLock { $0.depth } }

    /// Stores the event with everything else that `tx` does. Events leave in the order in which they were appended.
    public func append(_ event: CloudEvent, in tx: any Transaction) async throws {
        let number = try await number(in: tx)
        let record = Record(
            id: "\(hexadecimal(number, digits: 16))-\(instance)", version: 1, document: Array(event.data),
            fields: Self.collection.fields.map { $0.value(event) })
        try await tx.insert(record, into: Self.schema)
        tx.afterCommit { [self] in
            count.withLock { $0.appended += 1 }
            signal.raise()
        }
    }

    /// Returns a number that sorts the event behind all that can have come before it, those of other processes and
    /// earlier runs too, whatever their clocks say.
    private func number(in tx: any Transaction) async throws -> UInt64 {
        let foreign: Int64?
        switch try await tx.writeOrder() {
        case .numbered(let number): return UInt64(number)
        case .newest(let number): foreign = number
        }
        let now = loop.now
        if let number = ids.withLock({ $0.next(now, unchanged: foreign) }) { return number }
        let newest = try await tx.query(Self.schema, Query(sort: [Sort("id", descending: true)], limit: 1)).first
        return ids.withLock { $0.next(now, after: newest?.id, foreign: foreign) }
    }

    /// How many events this process has appended; taken before a look, and given back with what the look found.
    var mark: Int { count.withLock { $0.appended } }

    /// A look at the database has found that many events.
    func counted(_ found: Int, since mark: Int) {
        count.withLock { $0.begin(with: found, at: mark) }
    }

    func relayed(_ number: Int) {
        count.withLock { $0.relayed += number }
    }

    /// The event as it was appended.
    static func event(_ record: Record) -> CloudEvent {
        let fields = record.fields
        return CloudEvent(
            id: fields[0].text ?? "", source: fields[1].text ?? "", type: fields[2].text ?? "",
            subject: fields[3].text ?? "", time: Timestamp(milliseconds: fields[4].integer ?? 0),
            sequence: fields[5].integer ?? 0, traceparent: fields[6].text, data: Data(record.document))
    }
}

/// Numbers that grow, with the time in their upper 44 bits: rows sort by when they were appended, across restarts too.
struct OutboxSequence {
    private var last: UInt64 = 0
    /// The foreign version of `WriteOrder` when `last` was found to be behind none of theirs.
    private var foreign: Int64?

    /// Greater than those before it; `nil` if another program may have appended since.
    mutating func next(_ now: Timestamp, unchanged foreign: Int64?) -> UInt64? {
        guard let foreign, foreign == self.foreign else { return nil }
        return next(now, after: nil, foreign: foreign)
    }

    /// Greater than those before it and than that of `newest`, the last row that is there.
    mutating func next(_ now: Timestamp, after newest: String?, foreign: Int64? = nil) -> UInt64 {
        let known = max(last, newest.flatMap { UInt64($0.prefix(16), radix: 16) } ?? 0)
        last = max(UInt64(now.milliseconds) << 20, known + 1)
        self.foreign = foreign
        return last
    }
}

/// How many events wait in an outbox, between one look at the database and the next.
///
/// An event that is committed while the look runs may count twice until the next look, which its commit brings about.
struct OutboxCount {
    /// By this process, since it began.
    var appended = 0
    /// Since the last look.
    var relayed = 0
    private var found = 0
    private var mark = 0

    var depth: Int { max(0, found + appended - mark - relayed) }

    mutating func begin(with found: Int, at mark: Int) {
        self.found = found
        self.mark = mark
        relayed = 0
    }
}
