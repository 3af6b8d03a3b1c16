import Kernel
import ServiceHost
import Storage

/// Fills the fields that a migration added in older records, in batches and once.
struct FillFields<Root: Entity>: Sendable {
    private static var batch: Int { 200 }
    let context: ServiceEnvironment
    let records: Repository<Root>
    let states: Repository<JobState>
    let name: String
    /// Returns whether a record has a value for the new field.
    let needs: @Sendable (Root) -> Bool

    /// Runs until the task is cancelled, since a part of a service must not return early. It is no `Job`, because it
    /// reads all rows once and no row has a due time.
    func run() async throws {
        while try await !fillSome() { try await context.loop.sleep(for: .milliseconds(50)) }
        while true { try await context.loop.sleep(for: .seconds(86_400)) }
    }

    private func fillSome() async throws -> Bool {
        try await records.database.transaction(onConflict: .retry) { tx in
            let known = try await states.find(name, in: tx)
            guard known?.isDone != true else { return true }
            var state = known ?? JobState(id: name)
            let part = try await records.all(
                Query(
                    where: [.greater("id", .text(state.lastId ?? ""))], sort: [Sort("id")], limit: Self.batch), in: tx)
            // An update writes every declared field.
            for record in part where needs(record) { try await records.update(record, in: tx) }
            state.lastId = part.last?.id ?? state.lastId
            state.isDone = part.count < Self.batch
            if known == nil { try await states.insert(state, in: tx) } else { try await states.update(state, in: tx) }
            return state.isDone == true
        }
    }
}

/// The stored progress of background work.
struct JobState: Entity {
    /// The name of the work.
    let id: String
    var version: Int64 = 0
    /// The last identifier that was processed.
    var lastId: String?
    /// The time up to which everything was processed.
    var doneUntil: Timestamp?
    var isDone: Bool?

    static let collection = Collection<JobState>("jobStates", fields: [])
}
