/// A value as MongoDB has it.
indirect enum BSON: Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case boolean(Bool)
    case bytes([UInt8])
    /// Sixteen bytes that name something.
    case uuid([UInt8])
    case document([Field])
    case array([BSON])

    struct Field: Sendable {
        let name: String
        let value: BSON
    }

    var integer: Int64? {
        switch self {
        case .integer(let integer): integer
        case .real(let real): Int64(exactly: real)
        default: nil
        }
    }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var fields: [Field]? { if case .document(let fields) = self { fields } else { nil } }
    var elements: [BSON] { if case .array(let elements) = self { elements } else { [] } }
    var isTrue: Bool { if case .boolean(let boolean) = self { boolean } else { integer == 1 } }

    /// The field of a document; null where there is none.
    subscript(_ name: String) -> BSON { fields?.first { $0.name == name }?.value ?? .null }
}

/// Documents as they read at the place of use: `["find": "orders", "limit": 1]`.
extension BSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    init(dictionaryLiteral elements: (String, BSON)...) {
        self = .document(elements.map { Field(name: $0.0, value: $0.1) })
    }
    init(arrayLiteral elements: BSON...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
}
