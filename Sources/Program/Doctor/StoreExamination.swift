import FoundationEssentials
import Kernel
import Messaging
import MessagingEmbedded
import Runtime
import ServiceHost
import Storage

/// The checks of one service's store: identity, integrity, and position in the log.
struct StoreExamination: Sendable {
    let stores: ShopStores
    let service: any ServiceDefinition.Type
    let engine: DatabaseEngine
    let remembered: ShopRecord.Store?
    /// `nil` if the log could not be asked.
    let log: LogExamination.Seen?

    private var name: String { service.name }

    func run() async -> [Finding] {
        // Opening it would create it.
        guard engine.mayExist else { return [judged(.empty)].compactMap(\.self) }
        do {
            return try await stores.with(engine) { try await examine($0) }
        } catch {
            let code = (error as? StorageError)?.code
            let isDamaged = code == .damaged || code == .internalFailure
            return [
                .fault(
                    name, "database", "\(engine.name) cannot be read: \(Failures.sentence(error))",
                    isDamaged
                        ? "restore it from a backup: see docs/runbook.md#database-damaged"
                        : "see docs/runbook.md#database-away")
            ]
        }
    }

    private func examine(_ database: any ClaimableDatabase) async throws -> [Finding] {
        let state = try await database.storeState()
        guard let identity = judged(state) else { return [] }
        var findings = [identity]
        guard state != .empty else { return findings }
        let faults = try await database.integrityFaults()
        findings.append(
            faults.isEmpty
                ? .ok(name, "integrity", "sound")
                : .fault(
                    name, "integrity", "\(engine.name) is damaged: \(faults.prefix(3).joined(separator: "; "))",
                    "restore it from a backup: see docs/runbook.md#database-damaged"))
        guard faults.isEmpty else { return findings }
        let collections = try await database.collectionNames()
        findings += try await outbox(database, collections) + letters(database, collections)
        findings += try await positions(database, collections) + ledger(database, collections)
        return findings
    }

    /// `nil` for a service that has never run here.
    private func judged(_ state: StoreState) -> Finding? {
        switch StoreJudgement.judge(state, of: name, remembered: remembered, hasEvents: false) {
        case .refuse(let reason):
            let refusal = StoreRefused(reason, name, at: engine.name, remembered: remembered)
            return .fault(name, "identity", refusal.description, "see docs/runbook.md#store-refused")
        case .give where state == .empty: return nil
        case .give: return .ok(name, "identity", "\(engine.name) has no identity yet")
        case .keep:
            guard case .named(let store) = state else { return nil }
            return .ok(name, "identity", "\(engine.name), \(store.id)")
        }
    }

    private func outbox(_ database: any Database, _ collections: Set<String>) async throws -> [Finding] {
        let schema = Outbox.collection.schema
        guard collections.contains(schema.name), !service.publishes.isEmpty else { return [] }
        let (count, oldest) = try await database.read { tx in
            let first = try await tx.query(schema, Query(sort: [Sort("id")], limit: 1)).first
            // Its time is the fifth field.
            return (try await tx.count(schema, where: []), first?.fields[4].integer)
        }
        guard count > 0, let oldest else { return [.ok(name, "outbox", "empty")] }
        let age = stores.loop.now - Timestamp(milliseconds: oldest)
        let text = "\(count) events wait for the log, the oldest for \(Int(age.seconds)) s"
        guard age > .seconds(60) else { return [.ok(name, "outbox", text)] }
        return [
            .notice(
                name, "outbox", text,
                "start the shop; if it runs, find out why the event log accepts nothing: see docs/runbook.md#outbox-waits"
            )
        ]
    }

    private func letters(_ database: any Database, _ collections: Set<String>) async throws -> [Finding] {
        guard let schema = Consumer.collections.first(where: { $0.name == "deadLetters" }),
            collections.contains(schema.name)
        else { return [] }
        let count = try await database.read { try await $0.count(schema, where: []) }
        guard count > 0 else { return [.ok(name, "dead letters", "none")] }
        return [
            .fault(
                name, "dead letters", "\(count) events are dead letters or wait behind one",
                "sambal events dead list --service \(name): see docs/runbook.md#dead-letters")
        ]
    }

    private func positions(_ database: any Database, _ collections: Set<String>) async throws -> [Finding] {
        guard collections.contains(Positions.collection.schema.name), let log else { return [] }
        let groups = try await database.read { try await Consumer.positions(in: $0) }
        var findings: [Finding] = []
        for (group, known) in groups.sorted(by: { $0.key < $1.key }) {
            findings.append(try await position(of: group, known, log))
        }
        return findings
    }

    private func position(
        of group: String, _ known: [String: KnownPosition], _ log: LogExamination.Seen
    ) async throws -> Finding {
        let advice = "the group reads nothing until this is settled: see docs/runbook.md#event-log-replaced"
        if let other = known.values.compactMap(\.log).first(where: { $0 != log.identity }), log.identity != nil {
            return .fault(
                name, "position",
                "group \(group) has read the log \(other), and the log is \(log.identity?.description ?? "-")",
                advice)
        }
        guard let head = log.head, let own = known[EmbeddedEventLog.partition.description] else {
            return .ok(name, "position", "group \(group) has read \(known.count) partitions")
        }
        guard own.position <= head else {
            return .fault(
                name, "position", "group \(group) is at \(own.position), and the log ends at \(head)", advice)
        }
        if let expected = own.event, own.position > 0 {
            let found = try await stores.withLog { log in
                try await (log.log as? EmbeddedEventLog)?.event(at: own.position)
            }
            if found != expected {
                return .fault(
                    name, "position",
                    "group \(group) has read event \(expected) at \(own.position), and the log has \(found ?? "none") there",
                    advice)
            }
        }
        return .ok(name, "position", "group \(group) is at \(own.position) of \(head)")
    }

    /// The checks of the service that keeps the ledger.
    private func ledger(_ database: any Database, _ collections: Set<String>) async throws -> [Finding] {
        let schema = CollectionSchema(
            name: "ledger", fields: [FieldSchema(name: "amount", type: .integer, isUnique: false, isIndexed: false)])
        guard collections.contains(schema.name) else { return [] }
        let sums = try await LedgerSums(database, schema).sums()
        let wrong = sums.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        guard !wrong.isEmpty else { return [.ok(name, "ledger", "sums to zero")] }
        let text = wrong.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return [
            .fault(
                name, "ledger", "the entries sum to \(text) in minor units, not to zero",
                "see docs/runbook.md#ledger-not-zero")
        ]
    }
}

/// Sums up a ledger page by page, so that a long one needs no memory.
private struct LedgerSums {
    private struct Entry: Decodable {
        let amount: Int64
        let currency: String
    }
    private static let page = 1000
    private let database: any Database
    private let schema: CollectionSchema

    init(_ database: any Database, _ schema: CollectionSchema) {
        self.database = database
        self.schema = schema
    }

    func sums() async throws -> [String: Int64] {
        var (sums, last) = ([String: Int64](), String?.none)
        while true {
            let conditions = last.map { [Condition.greater("id", .text($0))] } ?? []
            let query = Query(where: conditions, sort: [Sort("id")], limit: Self.page)
            let records = try await database.read { [schema] in try await $0.query(schema, query) }
            for record in records {
                let entry = try JSON.decode(Entry.self, from: .init(record.document))
                sums[entry.currency, default: 0] += entry.amount
            }
            last = records.last?.id
            guard records.count == Self.page else { return sums }
        }
    }
}
