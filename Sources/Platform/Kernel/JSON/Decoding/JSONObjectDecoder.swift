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
