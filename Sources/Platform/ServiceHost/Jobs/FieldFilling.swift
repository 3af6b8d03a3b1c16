public import Kernel
public import Storage

/// Fills the fields that a migration added, in rows that an earlier version of the program stored. A row that is stored
/// again gets a value for every declared field.
///
/// It is no `Job`, because its rows have no due time.
public struct FieldFilling<Root: Entity>: Sendable {
    private let context: ServiceEnvironment
    private let rows: Repository<Root>
    private let candidates: [Condition]
    private let needs: @Sendable (Root) -> Bool
    private let change: @Sendable (inout Root) -> Void

    /// `candidates` find the rows that may lack a value; without them, all rows are read. `needs` returns whether a row
    /// has a value for the new field. `change` sets what a row of an earlier version does not know.
    public init(
        _ context: ServiceEnvironment, of rows: Repository<Root>, among candidates: [Condition] = [],
        needs: @escaping @Sendable (Root) -> Bool = { _ in true },
        change: @escaping @Sendable (inout Root) -> Void = { _ in }
    ) {
        self.context = context
        self.rows = rows
        self.candidates = candidates
        self.needs = needs
        self.change = change
    }

    /// Fills every minute, because an earlier version may still be running during an update. For few candidates: a
    /// round reads all of them, also those that stay candidates once they are filled, page by page in the order of
    /// their ids. Logs `failure` when a round fails, and goes on.
    public func runRegularly(failure: String) async throws {
        try await context.repeating(every: .seconds(60), failure: failure, fill)
    }

    private func fill() async throws {
        let batch = 100
        var last = ""
        while true {
            try Task.checkCancellation()
            let part = try await rows.all(page(after: last, of: batch))
            for row in part where needs(row) { try await fill(row.id) }
            guard part.count == batch, let end = part.last else { return }
            last = end.id
        }
    }

    private func fill(_ id: String) async throws {
        try await context.transaction(onConflict: .retry) { tx in
            guard var row = try await rows.find(id, in: tx), needs(row) else { return }
            change(&row)
            try await rows.update(row, in: tx)
        }
    }

    /// Fills once, and stores under `name` how far it came. For fields that many rows lack for good, so that a search
    /// would find these again and again. Runs until the task is cancelled, since a part of a service must not return
    /// early.
    public func runOnce(named name: String, progress: Repository<JobState>) async throws {
        while try await !fillBatch(name, progress) { try await context.loop.sleep(for: .milliseconds(50)) }
        while true { try await context.loop.sleep(for: .seconds(86_400)) }
    }

    /// Returns whether all rows are filled.
    private func fillBatch(_ name: String, _ progress: Repository<JobState>) async throws -> Bool {
        let batch = 200
        return try await context.transaction(onConflict: .retry) { tx in
            let known = try await progress.find(name, in: tx)
            guard known?.isDone != true else { return true }
            var state = known ?? JobState(id: name)
            let part = try await rows.all(page(after: state.lastId ?? "", of: batch), in: tx)
            for var row in part where needs(row) {
                change(&row)
                try await rows.update(row, in: tx)
            }
            state.lastId = part.last?.id ?? state.lastId
            state.isDone = part.count < batch
            if known == nil {
                try await progress.insert(state, in: tx)
            } else {
                try await progress.update(state, in: tx)
            }
            return state.isDone == true
        }
    }

    private func page(after id: String, of count: Int) -> Query {
        // A bound that leaves nothing out would keep an engine from the index of the candidates' field.
        let rest: [Condition] = id.isEmpty ? [] : [.greater("id", .text(id))]
        return Query(where: candidates + rest, sort: [Sort("id")], limit: count)
    }
}

/// The stored progress of background work.
public struct JobState: Entity {
    /// The name of the work.
    public let id: String
    public var version: Int64 = 0
    /// The last identifier that was processed.
    public var lastId: String?
    /// The time up to which everything was processed.
    public var doneUntil: Timestamp?
    public var isDone: Bool?

    public static let collection = Collection<JobState>("jobStates", fields: [])

    public init(id: String) {
        self.id = id
    }
}
