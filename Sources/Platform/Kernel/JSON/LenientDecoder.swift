/// Decodes `Value` with numbers and truth values accepted as text, and text accepted as numbers.
struct Lenient<Value: Decodable>: Decodable {
    let value: Value

    init(from decoder: any Decoder) throws {
        value = try Value(from: LenientDecoder(base: decoder))
    }
}

/// A decoder in front of another one, which tries the text form where the plain form does not fit.
struct LenientDecoder: Decoder {
    let base: any Decoder
    var codingPath: [any CodingKey] { base.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { base.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(LenientKeyedContainer(base: try base.container(keyedBy: type)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        // Lists of scalars are rare in what people type; lists of objects decode leniently through `Lenient`.
        LenientUnkeyedContainer(base: try base.unkeyedContainer())
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        LenientSingleValueContainer(base: try base.singleValueContainer())
    }
}

extension SingleValueDecodingContainer {
    /// The one place that says what text stands for which scalar.
    fileprivate func lenient<Scalar: Decodable & LosslessStringConvertible>(_ type: Scalar.Type) throws -> Scalar {
        do {
            return try decode(type)
        } catch {
            if let text = try? decode(String.self) {
                guard let value = Scalar(text) else { throw error }
                return value
            }
            // 1.5 where a whole number is meant: Foundation's own error does not say in which field.
            guard (try? decode(Double.self)) != nil else { throw error }
            throw DecodingError.typeMismatch(
                type, .init(codingPath: codingPath, debugDescription: "the number does not fit"))
        }
    }

    fileprivate func lenientString() throws -> String {
        do {
            return try decode(String.self)
        } catch let mismatch as DecodingError {
            guard case .typeMismatch = mismatch else { throw mismatch }
            if let integer = try? decode(Int64.self) { return String(integer) }
            if let number = try? decode(Double.self) { return String(number) }
            throw mismatch
        }
    }
}

private struct LenientSingleValueContainer: SingleValueDecodingContainer {
    let base: any SingleValueDecodingContainer
    var codingPath: [any CodingKey] { base.codingPath }

    func decodeNil() -> Bool { base.decodeNil() }
    func decode(_ type: Bool.Type) throws -> Bool { try base.lenient(type) }
    func decode(_ type: String.Type) throws -> String { try base.lenientString() }
    func decode(_ type: Double.Type) throws -> Double { try base.lenient(type) }
    func decode(_ type: Float.Type) throws -> Float { try base.lenient(type) }
    func decode(_ type: Int.Type) throws -> Int { try base.lenient(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try base.lenient(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try base.lenient(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try base.lenient(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try base.lenient(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try base.lenient(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try base.lenient(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try base.lenient(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try base.lenient(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try base.lenient(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try base.decode(Lenient<Value>.self).value }
}

/// One scalar read leniently, so that keyed and unkeyed containers share the rule above.
private struct LenientKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let base: KeyedDecodingContainer<Key>
    var codingPath: [any CodingKey] { base.codingPath }
    var allKeys: [Key] { base.allKeys }

    func contains(_ key: Key) -> Bool { base.contains(key) }
    func decodeNil(forKey key: Key) throws -> Bool { try base.decodeNil(forKey: key) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try value(key) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try value(key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try value(key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try value(key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try value(key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try value(key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try value(key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try value(key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try value(key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try value(key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try value(key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try value(key) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try value(key) }

    private func value<Value: Decodable>(_ key: Key) throws -> Value {
        try base.decode(Lenient<Value>.self, forKey: key).value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(
            LenientKeyedContainer<Nested>(base: try base.nestedContainer(keyedBy: type, forKey: key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        LenientUnkeyedContainer(base: try base.nestedUnkeyedContainer(forKey: key))
    }

    func superDecoder() throws -> any Decoder { LenientDecoder(base: try base.superDecoder()) }
    func superDecoder(forKey key: Key) throws -> any Decoder {
        LenientDecoder(base: try base.superDecoder(forKey: key))
    }
}

private struct LenientUnkeyedContainer: UnkeyedDecodingContainer {
    var base: any UnkeyedDecodingContainer
    var codingPath: [any CodingKey] { base.codingPath }
    var count: Int? { base.count }
    var isAtEnd: Bool { base.isAtEnd }
    var currentIndex: Int { base.currentIndex }

    mutating func decodeNil() throws -> Bool { try base.decodeNil() }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try base.decode(Lenient<Value>.self).value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(LenientKeyedContainer<Nested>(base: try base.nestedContainer(keyedBy: type)))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        LenientUnkeyedContainer(base: try base.nestedUnkeyedContainer())
    }

    mutating func superDecoder() throws -> any Decoder { LenientDecoder(base: try base.superDecoder()) }
}
