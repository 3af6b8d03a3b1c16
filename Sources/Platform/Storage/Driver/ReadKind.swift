/// The weight of a read, which decides beside which others it runs.
public enum ReadKind: Sendable, Hashable {
    /// Finds a few records by their ids or by an index. It never waits behind scans and reports.
    case lookup
    /// Keeps the service going: the outbox's relay and readiness. It waits behind nothing else.
    case vital
    /// A list or a search that a caller asked for. Few run at a time, each for a bounded time; the excess is refused
    /// with `StorageError` `.overloaded`. `isIndexed` says that an index gives the rows in their order: such a scan has
    /// places that the others do not take.
    case scan(isIndexed: Bool)
    /// Reads a whole collection for an operator or for the service's own work: one at a time, for as long as it takes.
    case report
}

/// Bounds of the scans of one database.
public struct ReadLimits: Sendable, Hashable {
    /// Scans that run at a time.
    public var scans = 2
    /// Scans that wait for their turn, as long as one may run.
    public var waitingScans = 16
    /// The time after which a scan is stopped with `StorageError` `.tooSlow`.
    public var scanTime = Duration.seconds(5)

    public init() {}

    /// Bytes of the documents of one page; one that comes to more is cut.
    public static let pageBytes = 4 << 20
}

extension Query {
    /// Rows that a page may skip before it counts as one that looks at too many.
    private static let shallowOffset = 10_000

    /// Whether an index gives its rows in their order, near where they begin.
    package func isIndexed(in schema: CollectionSchema) -> Bool {
        func hasIndex(_ field: String) -> Bool {
            field == "id" || schema.fields.contains { $0.name == field && ($0.isIndexed || $0.isUnique) }
        }
        guard offset <= Self.shallowOffset else { return false }
        guard !conditions.isEmpty else { return sort.count <= 1 && sort.allSatisfy { hasIndex($0.field) } }
        // The rows of one value come in the order of their ids.
        let isOneValue = conditions.contains { $0.comparison == .equal && hasIndex($0.field) }
        return isOneValue && sort.allSatisfy { $0.field == "id" }
    }
}

extension CollectionSchema {
    /// The fields that a list can be sorted by without a look at all rows, for people to read.
    package var indexedFields: String {
        (["id"] + fields.filter { $0.isIndexed || $0.isUnique }.map(\.name)).joined(separator: ", ")
    }
}
