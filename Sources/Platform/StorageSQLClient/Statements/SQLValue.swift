package import Storage

/// A statement's value, as its column holds it.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case boolean(Bool)
    case bytes([UInt8])

    /// A whole number in a real field is a real one; what is no number is null; there is one zero.
    package init(_ value: FieldValue, as type: FieldType) {
        self =
            switch (value, type) {
            case (.null, _): .null
            case (.integer(let integer), .real): .real(Double(integer))
            case (.integer(let integer), _): .integer(integer)
            case (.real(let real), _): real.isNaN ? .null : .real(real == 0 ? 0 : real)
            case (.text(let text), _): .text(text)
            case (.boolean(let boolean), _): .boolean(boolean)
            }
    }
}

extension [SQLValue] {
    /// A record's id, version, document and fields.
    package init(_ record: Record, in collection: CollectionSchema) throws(StorageError) {
        try collection.validate(record)
        self = [.text(record.id), .integer(record.version), .bytes(record.document)]
        self += zip(collection.fields, record.fields).map { SQLValue($1, as: $0.type) }
    }

    /// The values that conditions compare with.
    package init(_ conditions: [Condition], in collection: CollectionSchema) throws(StorageError) {
        self = []
        for condition in conditions where condition.value != .null {
            let type = try collection.type(of: condition.field)
            for value in condition.values { append(SQLValue(value, as: type)) }
        }
    }
}
