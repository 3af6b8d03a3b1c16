/// The weight of a read, which decides which other reads it may run beside.
public enum ReadKind: Sendable, Hashable {
    /// Finds a few records by their ids or by an index. It never waits behind scans and reports.
    case lookup
    /// A read that the service depends on: the relay of the outbox, and readiness. It waits for no other read.
    case vital
    /// A list or a search that a caller asked for. Few run at a time, each for a bounded time; the excess is refused
    /// with `StorageError` `.overloaded`. `isIndexed` says that an index returns the rows in order; some
    /// places are kept for such scans.
    case scan(isIndexed: Bool)
    /// Reads a whole collection for an operator or for the service's own work: one at a time, for as long as it takes.
    case report
}

/// Bounds of the scans of one database.
public struct ReadLimits: Sendable, Hashable {
    /// Scans that run at a time.
    public var scans = 2
    /// Scans that may wait for their turn, each at most for `scanTime`.
    public var waitingScans = 16
    /// The time after which a scan is stopped with `StorageError` `.tooSlow`.
    public var scanTime = Duration.seconds(5)

    public init() {}

    /// The bytes of documents at which a page is cut.
    public static let pageBytes = 4 << 20
}

extension Query {
    /// The largest offset of an indexed scan; a scan with a larger one reads too many rows.
    private static let shallowOffset = 10_000

    /// Whether an index returns the rows in order, without a large offset.
    package func isIndexed(in schema: CollectionSchema) -> Bool {
        func hasIndex(_ field: String) -> Bool {
            field == "id" || schema.fields.contains { $0.name == field && ($0.isIndexed || $0.isUnique) }
        }
        guard offset <= Self.shallowOffset else { return false }
        guard !conditions.isEmpty else { return sort.count <= 1 && sort.allSatisfy { hasIndex($0.field) } }
        // A range of an index has the rows in the order of its field.
        if sort.count == 1, let field = sort.first?.field, hasIndex(field),
            conditions.allSatisfy({ $0.field == field && $0.comparison != .notEqual })
        {
            return true
        }
        // Within one value, an index has the rows in the order of their ids.
        let isOneValue = conditions.contains { $0.comparison == .equal && hasIndex($0.field) }
        return isOneValue && sort.allSatisfy { $0.field == "id" }
    }
}

extension CollectionSchema {
    /// The names of the fields by which a list can be sorted without reading all rows, for error messages.
    package var indexedFields: String {
        (["id"] + fields.filter { $0.isIndexed || $0.isUnique }.map(\.name)).joined(separator: ", ")
    }
}
