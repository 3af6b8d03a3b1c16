import FoundationEssentials

/// Writes values. The encoders of one document share it.
final class JSONWriter {
    /// Behind a pointer, so that a byte more is not checked for exclusive access first: nothing holds on to the text
    /// while a value is asked to encode itself.
    let text: UnsafeMutablePointer<JSONText>
    /// The keys that lead to what is written now, for errors.
    private(set) var path: [any CodingKey] = []

    init() {
        text = .allocate(capacity: 1)
        text.initialize(to: JSONText())
    }

    deinit {
        text.deinitialize(count: 1)
        text.deallocate()
    }

    /// Any value. Those that the containers have no method of their own for come through here.
    func encode<Value: Encodable>(_ value: Value) throws {
        if Value.self == String.self { return text.pointee.write(value as! String) }
        if Value.self == Int.self { return text.pointee.write(Int64(value as! Int)) }
        if Value.self == Int64.self { return text.pointee.write(value as! Int64) }
        if Value.self == Decimal.self { return text.pointee.write(number: value as! Decimal) }
        if Value.self == Data.self { return text.pointee.write((value as! Data).base64EncodedString()) }
        // Every dictionary is one pointer large: the cast, which costs more than writing a number, is seldom tried.
        if MemoryLayout<Value>.size == MemoryLayout<[String: Int]>.size, let dictionary = value as? any TextKeyed {
            return try dictionary.encodeSorted(to: self)
        }
        let (depth, count) = (text.pointee.depth, text.pointee.bytes.count)
        try value.encode(to: JSONValueEncoder(writer: self, depth: depth))
        text.pointee.close(downTo: depth)
        if text.pointee.bytes.count == count { text.pointee.write(literal: "{}") }
    }

    /// With the key on the path while it is encoded, and none after.
    func encode(_ value: some Encodable, under key: some CodingKey) throws {
        path.append(key)
        try encode(value)
        path.removeLast()
    }

    func encodeNumber(_ number: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard !text.pointee.write(number) else { return }
        throw EncodingError.invalidValue(
            number, EncodingError.Context(codingPath: path, debugDescription: "JSON has no number \(number)"))
    }
}

/// A dictionary whose keys are text. Its own order differs from run to run; sorted, equal values are equal bytes.
private protocol TextKeyed {
    func encodeSorted(to writer: JSONWriter) throws
}

extension Dictionary: TextKeyed where Key == String, Value: Encodable {
    func encodeSorted(to writer: JSONWriter) throws {
        let encoder = JSONValueEncoder(writer: writer, depth: writer.text.pointee.depth)
        var container = encoder.container(keyedBy: TextKey.self)
        for (key, value) in sorted(by: { $0.key < $1.key }) { try container.encode(value, forKey: TextKey(key)) }
        writer.text.pointee.close(downTo: encoder.depth)
    }
}

/// A coding key that is known only when the program runs.
package struct TextKey: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(_ text: String) { stringValue = text }
    package init?(stringValue: String) { self.stringValue = stringValue }
    package init?(intValue: Int) { nil }
}
