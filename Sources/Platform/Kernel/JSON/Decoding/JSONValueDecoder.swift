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
