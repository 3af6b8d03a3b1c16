/// Decodes the elements of one list, one after the other.
struct JSONArrayDecoder: UnkeyedDecodingContainer {
    private let input: JSONInput
    private let path: JSONPath
    private let total: Int
    private var node: Int
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { total }
    var isAtEnd: Bool { currentIndex >= total }

    init(_ decoder: JSONValueDecoder) {
        (input, path) = (decoder.input, decoder.path)
        total = Int(input.nodes[decoder.index].count)
        node = decoder.index + 1
    }

    mutating func decodeNil() throws -> Bool {
        guard input.isNull(try element().index) else { return false }
        advance()
        return true
    }

    /// Scalars too: `JSONValueDecoder` tells them apart.
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try element().value(type)
        advance()
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        let container = try element().container(keyedBy: type)
        advance()
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try element().unkeyedContainer()
        advance()
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try element()
        advance()
        return decoder
    }

    private func element() throws -> JSONValueDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, .init(codingPath: path.keys, debugDescription: "the list is at its end"))
        }
        return JSONValueDecoder(input: input, index: node, path: .element(currentIndex, path))
    }

    private mutating func advance() {
        node = Int(input.nodes[node].next)
        currentIndex += 1
    }
}
