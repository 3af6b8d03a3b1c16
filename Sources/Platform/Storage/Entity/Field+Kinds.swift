public import Kernel

/// Fields as a `Collection` declares them, for example `.text("status", indexed: true) { $0.status.rawValue }`.
/// A value that the entity does not have (`nil`) is stored as null.
extension Field {
    public static func text(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> String?
    ) -> Field {
        Field(name, .text, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    public static func integer(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Int64?
    ) -> Field {
        Field(name, .integer, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    public static func real(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Double?
    ) -> Field {
        Field(name, .real, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    public static func boolean(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Bool?
    ) -> Field {
        Field(name, .boolean, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }

    /// A point in time, kept as milliseconds since 1970.
    public static func time(
        _ name: String, unique: Bool = false, indexed: Bool = false,
        _ value: @escaping @Sendable (Root) -> Timestamp?
    ) -> Field {
        Field(name, .integer, unique: unique, indexed: indexed) { FieldValue(value($0)) }
    }
}
