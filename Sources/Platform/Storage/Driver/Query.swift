/// A question to a collection, over its declared fields and `id`.
public struct Query: Sendable, Hashable {
    public var conditions: [Condition]
    /// `id` ascending is always appended, so that pages are stable.
    public var sort: [Sort]
    public var limit: Int
    public var offset: Int

    public init(where conditions: [Condition] = [], sort: [Sort] = [], limit: Int, offset: Int = 0) {
        self.conditions = conditions
        self.sort = sort
        self.limit = limit
        self.offset = offset
    }
}

public struct Condition: Sendable, Hashable {
    public enum Comparison: Sendable, Hashable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }
    public let field: String
    public let comparison: Comparison
    public let value: FieldValue

    public init(_ field: String, _ comparison: Comparison, _ value: FieldValue) {
        self.field = field
        self.comparison = comparison
        self.value = value
    }
}

public struct Sort: Sendable, Hashable {
    public let field: String
    public let isDescending: Bool

    public init(_ field: String, descending: Bool = false) {
        self.field = field
        isDescending = descending
    }
}
