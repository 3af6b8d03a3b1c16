public import Storage
import Synchronization

/// Rows that are built from events alone, on two sides: callers read one while the other can be built anew.
public final class ReadModel: Sendable {
    /// Empties a side, some rows at a time; `false` when nothing was left.
    public typealias Clearing = @Sendable (_ side: Int, any Transaction) async throws -> Bool

    let handlers: [[EventSubscription]]
    let clear: Clearing
    /// The collections that only the second side has.
    let shadows: Set<String>
    private let generation = Atomic(0)

    /// `handlers` of side 0 and 1 do the same, each to its own rows.
    public init(handlers: (_ side: Int) -> [EventSubscription], shadows: Set<String>, clear: @escaping Clearing) {
        self.handlers = [handlers(0), handlers(1)]
        self.shadows = shadows
        self.clear = clear
    }

    /// What its service creates in a migration.
    public static let migrationSteps: [Migration.Step] = [.create(ReadModelState.collection.schema)]

    /// The side that callers read.
    public var side: Int { generation.load(ordering: .acquiring) % 2 }

    func isNow(_ generation: Int) { self.generation.store(generation, ordering: .releasing) }
}
