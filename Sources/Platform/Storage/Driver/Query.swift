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
        /// Equal to one of several values, of which none is null.
        case oneOf
    }
    public let field: String
    public let comparison: Comparison
    public let value: FieldValue
    /// The values of `oneOf` after the first.
    public let others: [FieldValue]

    public init(_ field: String, _ comparison: Comparison, _ value: FieldValue, or others: [FieldValue] = []) {
        self.field = field
        self.comparison = comparison
        self.value = value
        self.others = others
    }

    /// All values that the field is compared with.
    public var values: [FieldValue] { others.isEmpty ? [value] : [value] + others }
}

public struct Sort: Sendable, Hashable {
    public let field: String
    public let isDescending: Bool

    public init(_ field: String, descending: Bool = false) {
        self.field = field
        isDescending = descending
    }
}

extension CollectionSchema {
    /// Throws `StorageError.invalidQuery` that names the first field which is not declared, or whose value does not fit.
    /// Every driver asks this before it runs a query, so that all of them refuse the same.
    public func validate(_ conditions: [Condition], sort: [Sort] = []) throws(StorageError) {
        for condition in conditions {
            let type = try self.type(of: condition.field)
            guard condition.others.isEmpty || condition.comparison == .oneOf, !condition.others.contains(.null) else {
                throw StorageError(.invalidQuery, "'\(condition.field)' of \(name) is compared with too many values")
            }
            guard condition.values.allSatisfy({ $0.fits(type) }) else {
                throw StorageError(
                    .invalidQuery, "'\(condition.field)' of \(name) is compared with a value of another type")
            }
            guard condition.value != .null || condition.comparison == .equal || condition.comparison == .notEqual else {
                throw StorageError(.invalidQuery, "'\(condition.field)' of \(name): null has no order to compare by")
            }
        }
        for key in sort { _ = try type(of: key.field) }
    }

    /// The type of a declared field, or of `id` and `version`, which every collection has.
    public func type(of field: String) throws(StorageError) -> FieldType {
        switch field {
        case "id": return .text
        case "version": return .integer
        default:
            guard let declared = fields.first(where: { $0.name == field }) else {
                throw StorageError(.invalidQuery, "\(name) has no field '\(field)'")
            }
            return declared.type
        }
    }

    /// The place of a declared field among the collection's fields, and so among a record's.
    public func index(of field: String) -> Int? {
        fields.firstIndex { $0.name == field }
    }
}

/// Conditions as they read at the place of use: `.equal("status", "PAID")`.
extension Condition {
    /// Null equals null.
    public static func equal(_ field: String, _ value: FieldValue) -> Condition { Condition(field, .equal, value) }
    /// Equal to one of the values, of which there must be one. One value alone is compared as `equal` does.
    public static func oneOf(_ field: String, _ values: [FieldValue]) -> Condition {
        guard let first = values.first else { preconditionFailure("'\(field)' is compared with no value") }
        return Condition(field, values.count == 1 ? .equal : .oneOf, first, or: Array(values.dropFirst()))
    }
    /// Records without a value differ from every value.
    public static func notEqual(_ field: String, _ value: FieldValue) -> Condition {
        Condition(field, .notEqual, value)
    }
    public static func less(_ field: String, _ value: FieldValue) -> Condition { Condition(field, .less, value) }
    public static func lessOrEqual(_ field: String, _ value: FieldValue) -> Condition {
        Condition(field, .lessOrEqual, value)
    }
    public static func greater(_ field: String, _ value: FieldValue) -> Condition { Condition(field, .greater, value) }
    public static func greaterOrEqual(_ field: String, _ value: FieldValue) -> Condition {
        Condition(field, .greaterOrEqual, value)
    }
}

extension CollectionSchema {
    /// Throws `StorageError.invalidQuery` when the record has not the fields of the collection, or one is of another type.
    package func validate(_ record: Record) throws(StorageError) {
        guard record.fields.count == fields.count else {
            throw StorageError(.invalidQuery, "a record of \(name) has \(fields.count) fields")
        }
        for index in fields.indices where !record.fields[index].fits(fields[index].type) {
            throw StorageError(.invalidQuery, "'\(fields[index].name)' of \(name) is of another type")
        }
    }
}
