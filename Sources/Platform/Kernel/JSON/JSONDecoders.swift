import FoundationEssentials

/// Decodes one value of a JSON text that has been read.
struct JSONValueDecoder: Decoder {
    let input: JSONInput
    let index: Int
    let path: JSONPath
    /// The names of members are data, not properties: they stay as they are written.
    var hasFreeNames = false
    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard input.nodes[index].kind == .object else { throw input.mismatch([String: String].self, index, path) }
        return KeyedDecodingContainer(JSONObjectDecoder<Key>(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard input.nodes[index].kind == .list else { throw input.mismatch([String].self, index, path) }
        return JSONArrayDecoder(self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    /// Any value. The types that Foundation would have written in a form of their own are told apart here.
    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == String.self { return try input.text(index, path) as! Value }
        if type == Int.self { return try input.integer(Int.self, index, path) as! Value }
        if type == Int64.self { return try input.integer(Int64.self, index, path) as! Value }
        if type == Decimal.self { return try input.decimal(index, path) as! Value }
        if type == Data.self { return try input.data(index, path) as! Value }
        if type == JSONDocument.self { return input.document(at: index) as! Value }
        if input.options.isSnakeCase, type is any JSONStringKeyed.Type {
            var decoder = self
            decoder.hasFreeNames = true
            return try Value(from: decoder)
        }
        return try Value(from: self)
    }
}

/// A dictionary whose keys are texts.
private protocol JSONStringKeyed {}
extension Dictionary: JSONStringKeyed where Key == String {}

extension JSONValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { input.isNull(index) }
    func decode(_ type: Bool.Type) throws -> Bool { try input.truth(index, path) }
    func decode(_ type: String.Type) throws -> String { try input.text(index, path) }
    func decode(_ type: Double.Type) throws -> Double { try input.real(type, index, path) }
    func decode(_ type: Float.Type) throws -> Float { try input.real(type, index, path) }
    func decode(_ type: Int.Type) throws -> Int { try input.integer(type, index, path) }
    func decode(_ type: Int8.Type) throws -> Int8 { try input.integer(type, index, path) }
    func decode(_ type: Int16.Type) throws -> Int16 { try input.integer(type, index, path) }
    func decode(_ type: Int32.Type) throws -> Int32 { try input.integer(type, index, path) }
    func decode(_ type: Int64.Type) throws -> Int64 { try input.integer(type, index, path) }
    func decode(_ type: UInt.Type) throws -> UInt { try input.integer(type, index, path) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try input.integer(type, index, path) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try input.integer(type, index, path) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try input.integer(type, index, path) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try input.integer(type, index, path) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value(type) }
}

/// Decodes the members of one object.
struct JSONObjectDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let input: JSONInput
    private let index: Int
    private let path: JSONPath
    private let hasFreeNames: Bool
    /// Names and places, where the names are not to be changed although the document's are.
    private let free: [String: Int]
    var codingPath: [any CodingKey] { path.keys }

    init(_ decoder: JSONValueDecoder) {
        (input, index, path) = (decoder.input, decoder.index, decoder.path)
        hasFreeNames = decoder.hasFreeNames
        var free: [String: Int] = [:]
        if hasFreeNames { input.forEachMember(of: index) { free[$0] = $1 } }
        self.free = free
    }

    var allKeys: [Key] {
        let names = input.names(of: index)
        let isChanged = input.options.isSnakeCase && !hasFreeNames
        return names.compactMap { Key(stringValue: isChanged ? JSONName.camelCase($0) : $0) }
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { input.isNull(try member(key)) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try input.truth(try member(key), .member(key, path))
    }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try input.text(try member(key), .member(key, path))
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try input.real(type, try member(key), .member(key, path))
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try input.real(type, try member(key), .member(key, path))
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try integer(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try integer(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try integer(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try integer(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try integer(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try integer(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try integer(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try integer(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try integer(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try integer(type, key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder(key).value(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let key = JSONSuperKey()
        guard let member = input.member(key.stringValue, of: index) else {
            throw DecodingError.keyNotFound(key, in: path)
        }
        return JSONValueDecoder(input: input, index: member, path: .member(key, path))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: Key) throws -> JSONValueDecoder {
        JSONValueDecoder(input: input, index: try member(key), path: .member(key, path))
    }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type, _ key: Key) throws -> Number {
        try input.integer(type, try member(key), .member(key, path))
    }

    private func find(_ key: Key) -> Int? {
        hasFreeNames ? free[key.stringValue] : input.member(key.stringValue, of: index)
    }

    private func member(_ key: Key) throws -> Int {
        guard let member = find(key) else { throw DecodingError.keyNotFound(key, in: path) }
        return member
    }
}

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
