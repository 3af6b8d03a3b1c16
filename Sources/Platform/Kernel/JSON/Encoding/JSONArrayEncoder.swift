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
