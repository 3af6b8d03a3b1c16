/// A decoder without a document. See `SchemaProbe`.
struct ProbeDecoder: Decoder {
    let probe: SchemaProbe
    let node: ProbeNode
    let text: String
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Samples that checked types are likely to take, one at a time: text, a time, a number, an identifier, a currency.
    static let texts = [
        "text", "2026-01-31T08:15:30.250Z", "1", "00000000-0000-4000-8000-000000000000", "USD", "user@example.com",
        "http://localhost/", "",
    ]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        node.becomeObject()
        return KeyedDecodingContainer(ProbeKeyedContainer(decoder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        node.become(.array(.any))
        return ProbeUnkeyedContainer()
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { ProbeValueContainer(decoder: self) }

    /// A scalar's schema and a value of it; `nil` for what is no scalar.
    func scalar<Value>(_ type: Value.Type) -> (Schema, Value)? {
        let found: (Schema, Any)? =
            switch type {
            case is Bool.Type: (.boolean, true)
            case is String.Type: (.string(), text)
            case is Double.Type: (.number, 1.0)
            case is Float.Type: (.number, Float(1))
            case is Int64.Type: (.integer(format: "int64"), Int64(1))
            case is Int32.Type: (.integer(format: "int32"), Int32(1))
            case let type as any FixedWidthInteger.Type: (.integer(), type.one)
            default: nil
            }
        return found.flatMap { schema, value in (value as? Value).map { (schema, $0) } }
    }

    static func refusal(_ type: Any.Type) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "no sample of \(type)"))
    }
}

extension FixedWidthInteger {
    fileprivate static var one: Any { Self(1) }
}

private struct ProbeValueContainer: SingleValueDecodingContainer {
    let decoder: ProbeDecoder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let (schema, value) = decoder.scalar(type) {
            decoder.node.become(schema)
            return value
        }
        let (schema, value) = decoder.probe.look(at: type)
        decoder.node.become(schema)
        guard let value else { throw ProbeDecoder.refusal(type) }
        return value
    }
}

/// A list as a type reads it by itself: without elements.
private struct ProbeUnkeyedContainer: UnkeyedDecodingContainer {
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 0 }
    var isAtEnd: Bool { true }
    var currentIndex: Int { 0 }

    func decodeNil() -> Bool { true }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { throw ProbeDecoder.refusal(type) }
    func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw ProbeDecoder.refusal(type)
    }
    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw ProbeDecoder.refusal([Any].self) }
    func superDecoder() throws -> any Decoder { throw ProbeDecoder.refusal(Any.self) }
}

private struct ProbeKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ProbeDecoder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let value = note(type, key, isRequired: true) else { throw ProbeDecoder.refusal(type) }
        return value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) -> Value? {
        note(type, key, isRequired: false)
    }

    // The compiler calls these for scalars, in place of the generic one.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) -> Float? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) -> Int8? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) -> Int16? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) -> Int32? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) -> Int64? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) -> UInt? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) -> UInt8? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) -> UInt16? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) -> UInt32? { note(type, key, isRequired: false) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) -> UInt64? { note(type, key, isRequired: false) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedDecodingContainer<Nested> {
        let node = ProbeNode()
        return ProbeDecoder(probe: decoder.probe, node: node, text: decoder.text).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { ProbeUnkeyedContainer() }
    func superDecoder() -> any Decoder { decoder }
    func superDecoder(forKey key: Key) -> any Decoder { decoder }

    private func note<Value: Decodable>(_ type: Value.Type, _ key: Key, isRequired: Bool) -> Value? {
        if let (schema, value) = decoder.scalar(type) {
            decoder.node.add(key.stringValue, schema, isRequired: isRequired)
            return value
        }
        let (schema, value) = decoder.probe.look(at: type)
        decoder.node.add(key.stringValue, schema, isRequired: isRequired)
        return value
    }
}

/// Notes what a type asks for while one value is decoded.
final class ProbeNode {
    private enum Shape {
        case unknown
        case value(Schema)
        case object
    }
    private var shape = Shape.unknown
    private var properties: [Schema.Property] = []

    /// How much was learnt.
    var count: Int { properties.count }

    func becomeObject() {
        if case .unknown = shape { shape = .object }
    }

    func become(_ schema: Schema) { shape = .value(schema) }

    func add(_ name: String, _ schema: Schema, isRequired: Bool) {
        guard !properties.contains(where: { $0.name == name }) else { return }
        properties.append(Schema.Property(name, schema, isRequired: isRequired))
    }

    var schema: Schema {
        switch shape {
        case .unknown: .any
        case .value(let schema): schema
        case .object: .object(properties)
        }
    }
}
