/// An aggregate root that is stored whole: a Codable value with an identifier and a version.
///
/// Stored as one JSON document beside the fields that its `collection` declares, on every engine alike.
public protocol Entity: Codable, Sendable {
    /// Where it is stored and by which fields it can be found and sorted.
    static var collection: Collection<Self> { get }

    var id: String { get }
    /// 0 before the first insert; then 1, 2, 3 … one more with each update.
    var version: Int64 { get set }
}

/// How a kind of entity is stored.
public struct Collection<Root: Sendable>: Sendable {
    /// The table or collection, for example `orders`; also its name in REST paths.
    public let name: String
    public let fields: [Field<Root>]

    public init(_ name: String, fields: [Field<Root>]) {
        self.name = name
        self.fields = fields
    }

    public var schema: CollectionSchema {
        CollectionSchema(name: name, fields: fields.map(\.schema))
    }
}

/// A value of the entity that is kept beside the document, so that it can be searched, sorted by, or unique.
public struct Field<Root: Sendable>: Sendable {
    public let schema: FieldSchema
    public let value: @Sendable (Root) -> FieldValue

    public init(
        _ name: String, _ type: FieldType, unique: Bool = false, indexed: Bool = false,
        value: @escaping @Sendable (Root) -> FieldValue
    ) {
        schema = FieldSchema(name: name, type: type, isUnique: unique, isIndexed: indexed)
        self.value = value
    }
}

public enum FieldType: String, Sendable, Hashable {
    case integer, real, text, boolean
}

/// What a field can hold; `null` where the entity has no value.
public enum FieldValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case boolean(Bool)
}

public struct FieldSchema: Sendable, Hashable {
    public let name: String
    public let type: FieldType
    public let isUnique: Bool
    public let isIndexed: Bool

    public init(name: String, type: FieldType, isUnique: Bool, isIndexed: Bool) {
        self.name = name
        self.type = type
        self.isUnique = isUnique
        self.isIndexed = isIndexed
    }
}

/// A collection as drivers see it: without the entity's type.
public struct CollectionSchema: Sendable, Hashable {
    public let name: String
    public let fields: [FieldSchema]

    public init(name: String, fields: [FieldSchema]) {
        self.name = name
        self.fields = fields
    }
}
