public import FoundationEssentials
import Kernel
public import Storage
import Synchronization

/// Events that a consumer has set aside, in its own database. Letters of one subject keep their order: the first of
/// them holds up the others, and every new event of that subject, until it is handled or dropped.
public final class DeadLetters: Sendable {
    let group: String
    let database: any Database
    let handlers: [String: Subscription.Handler]
    private let known = Atomic(0)

    init(group: String, database: any Database, handlers: [String: Subscription.Handler]) {
        self.group = group
        self.database = database
        self.handlers = handlers
    }

    /// How many there are, as far as this process knows.
    public var count: Int { known.load(ordering: .relaxed) }

    /// The oldest first, at most so many and as many as come to the bytes of a page. `after` is the id of the last letter of
    /// the part before.
    public func list(
        _ query: DeadLetterQuery = DeadLetterQuery(), after id: String? = nil, limit: Int = 100
    ) async throws -> [DeadLetter] {
        try await part(query, after: id, limit: limit).letters
    }

    func part(
        _ query: DeadLetterQuery, after id: String?, limit: Int
    ) async throws -> (letters: [DeadLetter], isEnd: Bool) {
        let conditions = query.conditions(group) + (id.map { [.greater("id", .text($0))] } ?? [])
        return try await database.read {
            try await DeadLetterTable.part(Query(where: conditions, sort: [Sort("id")], limit: limit), in: $0)
        }
    }

    /// One page of them: the oldest first, unless sorted by a declared field. One whose events come to more bytes than a page
    /// may have is cut: its request says how many it has.
    public func page(
        _ query: DeadLetterQuery = DeadLetterQuery(), _ request: PageRequest = PageRequest()
    ) async throws -> Page<DeadLetter> {
        let conditions = query.conditions(group)
        return try await database.read(.scan(isIndexed: true)) { tx in
            try await DeadLetterTable.page(conditions, request, in: tx)
        }
    }

    /// Throws `DeadLetterError` `.unknown`.
    public func show(_ id: String) async throws -> DeadLetter {
        try await database.read { [group] in try await DeadLetterTable.find(id, group: group, in: $0) }
    }

    /// Replaces the event's data, which must be JSON, and leaves the letter where it is. `version` is the one that the
    /// letter was shown with. Throws `DeadLetterError`.
    @discardableResult
    public func edit(_ id: String, version: Int64, data: Data) async throws -> DeadLetter {
        guard data.isJSON else { throw DeadLetterError(.notJSON, "the new data of dead letter \(id) is not JSON") }
        return try await database.transaction { [group] tx in
            let letter = try await DeadLetterTable.find(id, group: group, in: tx)
            var event = letter.event
            event.data = data
            let edited = letter.with(event: event)
            guard
                try await tx.update(
                    DeadLetterTable.record(edited), expecting: version, in: DeadLetterTable.schema)
            else { throw DeadLetterError(.changed, "dead letter \(id) is no longer at version \(version)") }
            return edited
        }
    }

    /// Counts again; to be called in a transaction that changed something, or at start.
    func recount(in tx: any ReadTransaction) async throws -> Int {
        try await tx.count(DeadLetterTable.schema, where: [.equal("group", .text(group))])
    }

    func noteCount(_ count: Int) { known.store(count, ordering: .relaxed) }
}

extension Data {
    fileprivate var isJSON: Bool { (try? JSON.check(self)) != nil }
}

extension DeadLetters {
    /// Gives the letter up for good: its event will not be handled, and those that waited behind it are tried.
    public func drop(_ id: String) async throws -> RetryOutcome {
        let subject = try await database.transaction { [self] tx in
            let letter = try await DeadLetterTable.find(id, group: group, in: tx)
            try await tx.deleteAll(ids: [id], from: DeadLetterTable.schema)
            try await noteCount(in: tx)
            return letter.event.subject
        }
        return try await resume(subject)
    }

    /// Gives up all that the query finds; tells how many. What waited behind them is tried.
    public func drop(_ query: DeadLetterQuery) async throws -> Int {
        var (dropped, subjects) = (0, Set<String>())
        while true {
            let part = try await database.transaction { [self] tx in
                let part = try await DeadLetterTable.part(
                    Query(where: query.conditions(group), sort: [Sort("id")], limit: Self.batch), in: tx)
                try await tx.deleteAll(ids: part.letters.map(\.id), from: DeadLetterTable.schema)
                try await noteCount(in: tx)
                return part
            }
            dropped += part.letters.count
            subjects.formUnion(part.letters.map(\.event.subject))
            if part.isEnd { break }
        }
        for subject in subjects.sorted() { _ = try await resume(subject) }
        return dropped
    }

    /// Goes on with a subject whose first letter only waited for one that is gone.
    func resume(_ subject: String) async throws -> RetryOutcome {
        let first = try await database.read { [group] in
            try await DeadLetterTable.first(group: group, subject: subject, in: $0)
        }
        return first?.state == .waiting ? try await drain(subject) : RetryOutcome()
    }

    static var batch: Int { 200 }

    func noteCount(in tx: any Transaction) async throws {
        let count = try await recount(in: tx)
        tx.afterCommit { [self] in noteCount(count) }
    }
}
