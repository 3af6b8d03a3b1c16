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
