public import FoundationEssentials
import Kernel
public import Storage
import Synchronization

/// What a consumer has set aside, in its own database. Letters of one subject keep their order: the first of them holds
/// up the others, and every new event of that subject, until it is handled or dropped.
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

    /// The oldest first. `after` is the id of the last letter of the page before.
    public func list(
        _ query: DeadLetterQuery = DeadLetterQuery(), after id: String? = nil, limit: Int = 100
    ) async throws -> [DeadLetter] {
        let conditions = query.conditions(group) + (id.map { [.greater("id", .text($0))] } ?? [])
        return try await database.read { try await DeadLetterTable.query(conditions, limit: limit, in: $0) }
    }

    /// One page of them: the oldest first, unless sorted by a declared field.
    public func page(
        _ query: DeadLetterQuery = DeadLetterQuery(), _ request: PageRequest = PageRequest()
    ) async throws -> Page<DeadLetter> {
        let conditions = query.conditions(group)
        return try await database.read(.scan(isIndexed: true)) { tx in
            let letters = try await DeadLetterTable.query(
                conditions, sort: request.sort, limit: request.size, offset: request.number * request.size, in: tx)
            let count = try await tx.count(DeadLetterTable.schema, where: conditions)
            return Page(items: letters, request: request, totalElements: count)
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
