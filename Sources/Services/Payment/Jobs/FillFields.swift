import Kernel
import ServiceHost
import Storage

/// Fills the fields that a migration added with the values of records that were there before: a few at a time, once.
struct FillFields<Root: Entity>: Sendable {
    private static var batch: Int { 200 }
    let context: ServiceEnvironment
    let records: Repository<Root>
    let states: Repository<JobState>
    let name: String
    /// Records without a value for the new field need no change.
    let needs: @Sendable (Root) -> Bool

    /// By hand, and no `Job`: it goes through all rows once, and none of them has a time. Ends when it is cancelled: a
    /// part of a service does not return early.
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
            // An update writes every declared field anew.
            for record in part where needs(record) { try await records.update(record, in: tx) }
            state.lastId = part.last?.id ?? state.lastId
            state.isDone = part.count < Self.batch
            if known == nil { try await states.insert(state, in: tx) } else { try await states.update(state, in: tx) }
            return state.isDone == true
        }
    }
}
