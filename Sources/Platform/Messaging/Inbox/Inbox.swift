public import Kernel
public import Storage
import Synchronization

/// Events that a consumer group has handled: one row an event, stored in the transaction of the event's effects.
public enum Inbox {
    public struct Entry: Sendable {
        public let receivedAt: Timestamp
    }

    /// For the service's migrations: `.create(Inbox.collection.schema)`.
    public static let collection = Collection<Entry>(
        "inbox", fields: [.time("receivedAt", indexed: true) { $0.receivedAt }])
    static let schema = collection.schema

    /// Notes the event; `false` when it was noted before.
    static func note(
        _ event: CloudEvent, group: String, at time: Timestamp, in tx: any Transaction
    ) async throws -> Bool {
        let record = Record(
            id: "\(group)|\(event.source)|\(event.id)", version: 1, document: [], fields: [FieldValue(time)])
        return try await tx.insertIfAbsent(record, into: schema)
    }

    /// Takes all of the group's notes out: its events are handled again when they come again.
    static func forget(_ group: String, in tx: any Transaction) async throws {
        try await tx.deleteAll(
            where: [.greater("id", .text("\(group)|")), .less("id", .text("\(group)}"))], from: schema)
    }

    /// Deletes at most `limit` rows that are older; tells how many. Positions protect against what is that old.
    static func prune(before time: Timestamp, limit: Int, in tx: any Transaction) async throws -> Int {
        let count = try await tx.deleteAll(
            where: [.less("receivedAt", FieldValue(time))], sort: [Sort("receivedAt")], limit: limit, from: schema)
        if count > 0 { try await tx.releaseSpace() }
        return count
    }
}

/// Takes old notes out of the inbox: in slices, and while old ones are left, twice as many as new ones come.
final class InboxPruning: Sendable {
    static let standardKeeping = Duration.seconds(14 * 86_400)

    private struct State {
        var due: Duration
        /// Whether the last look left old notes.
        var isBehind = false
        /// Events that were handled since the last look.
        var handled = 0
    }
    private let keeping: Duration
    private let loop: any Loop
    private let state: Mutex<State>
    private let interval = Duration.seconds(10)
    private let sliceSize = 500
    /// Slices between two batches of events, which wait meanwhile.
    private let slicesInTurn = 16

    init(keeping: Duration, loop: any Loop) {
        precondition(keeping >= .seconds(7 * 86_400), "notes of the inbox are kept for seven days at least")
        self.keeping = keeping
        self.loop = loop
        state = Mutex(State(due: loop.uptime + interval))
    }

    /// Called after each batch of events, with their number.
    func run(_ database: any Database, handled: Int) async {
        let now = loop.uptime
        let slices = state.withLock { state -> Int in
            state.handled += handled
            guard state.isBehind || now >= state.due else { return 0 }
            defer { state.handled = 0 }
            state.due = now + interval
            return min(slicesInTurn, 1 + state.handled * 2 / sliceSize)
        }
        guard slices > 0 else { return }
        let isBehind = await prune(slices, database)
        state.withLock { $0.isBehind = isBehind }
    }

    /// Tells whether old notes are left.
    private func prune(_ slices: Int, _ database: any Database) async -> Bool {
        let (limit, sliceSize) = (loop.now - keeping, sliceSize)
        for _ in 0..<slices {
            let pruned = try? await database.transaction { tx in
                try await Inbox.prune(before: limit, limit: sliceSize, in: tx)
            }
            // The database was away: the next look finds them.
            guard let pruned else { return false }
            if pruned < sliceSize { return false }
        }
        return true
    }
}
