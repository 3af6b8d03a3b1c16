/// Conditions as they read at the place of use: `.equal("status", "PAID")`.
extension Condition {
    /// Null equals null.
    public static func equal(_ field: String, _ value: FieldValue) -> Condition { Condition(field, .equal, value) }
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
