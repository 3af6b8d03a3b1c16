public import Storage
import Synchronization

/// Rows that are built from events alone, on two sides: callers read one side while the other is rebuilt.
public final class ReadModel: Sendable {
    /// Deletes a batch of rows of a side; returns `false` if none was left.
    public typealias Clearing = @Sendable (_ side: Int, any Transaction) async throws -> Bool
    /// Returns whether what is computed of a side's rows in the background is as current as the rows.
    public typealias Settling = @Sendable (_ side: Int, any ReadTransaction) async throws -> Bool

    let handlers: [[EventSubscription]]
    let clear: Clearing
    let isSettled: Settling
    private let number = Atomic(0)

    /// `handlers` returns the subscriptions of side 0 or 1, which differ only in the rows that they write. A side that
    /// was built anew is read once it is settled.
    public init(
        handlers: (_ side: Int) -> [EventSubscription], clear: @escaping Clearing,
        isSettled: @escaping Settling = { _, _ in true }
    ) {
        self.handlers = [handlers(0), handlers(1)]
        self.clear = clear
        self.isSettled = isSettled
    }

    /// Returns the collection of the second side.
    public static func shadow(of collection: CollectionSchema) -> CollectionSchema {
        CollectionSchema(name: collection.name + shadowSuffix, fields: collection.fields)
    }

    static func isShadow(_ collection: String) -> Bool { collection.hasSuffix(shadowSuffix) }

    private static let shadowSuffix = "Shadow"

    /// The migration steps of a service that has a read model.
    public static let migrationSteps: [Migration.Step] = [.create(ReadModelState.collection.schema)]

    /// The side that callers read.
    public var side: Int { generation % 2 }

    /// The generation that callers read. Read it once for each answer: the side and the entity tags follow from it.
    public var generation: Int { number.load(ordering: .acquiring) }

    func isNow(_ generation: Int) { number.store(generation, ordering: .releasing) }
}

/// The parts of a service that only builds rows from events, and can build them anew. Its policies are those of the
/// first side.
public protocol HasReadModel: Sendable {
    var readModel: ReadModel { get }
}
