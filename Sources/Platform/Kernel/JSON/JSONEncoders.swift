/// Writes one value: as an object, as an array, or as a scalar.
struct JSONValueEncoder: Encoder {
    let writer: JSONWriter
    /// How many objects and arrays are open around the value.
    let depth: Int
    var codingPath: [any CodingKey] { writer.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONObjectEncoder<Key>(writer, at: depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { JSONArrayEncoder(writer, at: depth) }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { writer.text.pointee.write(literal: "null") }
    func encode(_ value: Bool) { writer.text.pointee.write(value) }
    func encode(_ value: String) { writer.text.pointee.write(value) }
    func encode(_ value: Double) throws { try writer.encodeNumber(value) }
    func encode(_ value: Float) throws { try writer.encodeNumber(value) }
    func encode(_ value: Int) { encode(Int64(value)) }
    func encode(_ value: Int8) { encode(Int64(value)) }
    func encode(_ value: Int16) { encode(Int64(value)) }
    func encode(_ value: Int32) { encode(Int64(value)) }
    func encode(_ value: Int64) { writer.text.pointee.write(value) }
    func encode(_ value: UInt) { encode(UInt64(value)) }
    func encode(_ value: UInt8) { encode(UInt64(value)) }
    func encode(_ value: UInt16) { encode(UInt64(value)) }
    func encode(_ value: UInt32) { encode(UInt64(value)) }
    func encode(_ value: UInt64) { writer.text.pointee.write(value) }
    func encode(_ value: some Encodable) throws { try writer.encode(value) }
}

/// Writes the members of one object, in the order in which they come.
struct JSONObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let writer: JSONWriter
    private let depth: Int
    private let number: Int
    var codingPath: [any CodingKey] { writer.path }

    init(_ writer: JSONWriter, at depth: Int) {
        self.writer = writer
        self.depth = depth
        number = writer.text.pointee.open(UInt8(ascii: "{"), UInt8(ascii: "}"), at: depth)
    }

    private func begin(_ key: some CodingKey) {
        writer.text.pointee.beginMember(at: depth, of: number)
        writer.text.pointee.write(key: key)
    }

    func encodeNil(forKey key: Key) {
        begin(key)
        writer.text.pointee.write(literal: "null")
    }

    func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        writer.text.pointee.write(value)
    }

    func encode(_ value: String, forKey key: Key) {
        begin(key)
        writer.text.pointee.write(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        begin(key)
        try writer.encode(value, under: key)
    }

    func encode(_ value: Float, forKey key: Key) throws {
        begin(key)
        try writer.encode(value, under: key)
    }

    func encode(_ value: Int, forKey key: Key) { encode(Int64(value), forKey: key) }
    func encode(_ value: Int8, forKey key: Key) { encode(Int64(value), forKey: key) }
    func encode(_ value: Int16, forKey key: Key) { encode(Int64(value), forKey: key) }
    func encode(_ value: Int32, forKey key: Key) { encode(Int64(value), forKey: key) }
    func encode(_ value: UInt, forKey key: Key) { encode(UInt64(value), forKey: key) }
    func encode(_ value: UInt8, forKey key: Key) { encode(UInt64(value), forKey: key) }
    func encode(_ value: UInt16, forKey key: Key) { encode(UInt64(value), forKey: key) }
    func encode(_ value: UInt32, forKey key: Key) { encode(UInt64(value), forKey: key) }

    func encode(_ value: Int64, forKey key: Key) {
        begin(key)
        writer.text.pointee.write(value)
    }

    func encode(_ value: UInt64, forKey key: Key) {
        begin(key)
        writer.text.pointee.write(value)
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        begin(key)
        try writer.encode(value, under: key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        begin(key)
        return KeyedEncodingContainer(JSONObjectEncoder<Nested>(writer, at: depth + 1))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        begin(key)
        return JSONArrayEncoder(writer, at: depth + 1)
    }

    func superEncoder() -> any Encoder { superEncoder(under: JSONSuperKey()) }
    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(under: key) }

    private func superEncoder(under key: some CodingKey) -> any Encoder {
        begin(key)
        writer.text.pointee.expectValue()
        return JSONValueEncoder(writer: writer, depth: depth + 1)
    }
}

/// Writes the elements of one array.
struct JSONArrayEncoder: UnkeyedEncodingContainer {
    private let writer: JSONWriter
    private let depth: Int
    private let number: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { writer.path }

    init(_ writer: JSONWriter, at depth: Int) {
        self.writer = writer
        self.depth = depth
        number = writer.text.pointee.open(UInt8(ascii: "["), UInt8(ascii: "]"), at: depth)
    }

    private mutating func begin() {
        writer.text.pointee.beginMember(at: depth, of: number)
        count += 1
    }

    mutating func encodeNil() {
        begin()
        writer.text.pointee.write(literal: "null")
    }

    /// Scalars too: what they are is found out in one place.
    mutating func encode(_ value: some Encodable) throws {
        begin()
        try writer.encode(value, under: JSONIndexKey(count - 1))
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        begin()
        return KeyedEncodingContainer(JSONObjectEncoder<Nested>(writer, at: depth + 1))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        begin()
        return JSONArrayEncoder(writer, at: depth + 1)
    }

    mutating func superEncoder() -> any Encoder {
        begin()
        writer.text.pointee.expectValue()
        return JSONValueEncoder(writer: writer, depth: depth + 1)
    }
}
