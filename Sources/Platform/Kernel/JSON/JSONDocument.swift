import FoundationEssentials

/// Any JSON value. Numbers that are no 64-bit whole numbers are kept as they were written, digit by digit.
public indirect enum JSONDocument: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(JSONNumber)
    case text(String)
    case list([JSONDocument])
    case object([String: JSONDocument])
}

/// A number as it was written.
public struct JSONNumber: Sendable, Equatable {
    public let literal: String

    fileprivate init(literal: String) { self.literal = literal }
}

extension JSONNumber: Encodable {
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? JSONValueEncoder { return encoder.writer.text.pointee.write(literal: self) }
        var container = encoder.singleValueContainer()
        try container.encode(Decimal(string: literal) ?? .nan)
    }
}

extension JSONDocument: Codable {
    /// Reads the document in one pass. There is nothing to try: another decoder than this module's is refused.
    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? JSONValueDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "can only be read from JSON"))
        }
        self = decoder.input.document(at: decoder.index)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSONDocument: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(arrayLiteral elements: JSONDocument...) { self = .list(elements) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(dictionaryLiteral elements: (String, JSONDocument)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

extension JSONInput {
    /// The parser has bounded the depth, so that the recursion ends.
    func document(at index: Int) -> JSONDocument {
        let node = nodes[index]
        switch node.kind {
        case .null: return .null
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .text, .escapedText: return .text(text(of: index))
        case .integer, .number:
            let literal = text(of: index)
            guard node.kind == .integer, literal != "-0", let integer = Int64(literal) else {
                return .number(JSONNumber(literal: literal))
            }
            return .integer(integer)
        case .list:
            var elements: [JSONDocument] = []
            elements.reserveCapacity(Int(node.count))
            var element = index + 1
            while element < Int(node.next) {
                elements.append(document(at: element))
                element = Int(nodes[element].next)
            }
            return .list(elements)
        case .object:
            var members: [String: JSONDocument] = [:]
            members.reserveCapacity(Int(node.count))
            forEachMember(of: index) { members[$0] = document(at: $1) }
            return .object(members)
        }
    }
}
