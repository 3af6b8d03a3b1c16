import CMongoDB

/// A value as MongoDB has it.
indirect enum BSON: Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case boolean(Bool)
    case bytes([UInt8])
    /// Sixteen bytes that name something.
    case uuid([UInt8])
    case document([Field])
    case array([BSON])

    struct Field: Sendable {
        let name: String
        let value: BSON
    }

    var integer: Int64? {
        switch self {
        case .integer(let integer): integer
        case .real(let real): Int64(exactly: real)
        default: nil
        }
    }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var fields: [Field]? { if case .document(let fields) = self { fields } else { nil } }
    var elements: [BSON] { if case .array(let elements) = self { elements } else { [] } }
    var isTrue: Bool { if case .boolean(let boolean) = self { boolean } else { integer == 1 } }

    /// The field of a document; null if there is none.
    subscript(_ name: String) -> BSON { fields?.first { $0.name == name }?.value ?? .null }
}

/// Documents as they read at the place of use: `["find": "orders", "limit": 1]`.
extension BSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    init(dictionaryLiteral elements: (String, BSON)...) {
        self = .document(elements.map { Field(name: $0.0, value: $0.1) })
    }
    init(arrayLiteral elements: BSON...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension BSON {
    /// Copies the document that libbson has.
    init(_ document: OpaquePointer) {
        self = .document(
            withIterator { iterator in bson_iter_init(iterator, document) ? BSON.fields(iterator) : [] })
    }

    private static func fields(_ iterator: OpaquePointer) -> [Field] {
        var fields: [Field] = []
        while bson_iter_next(iterator) {
            fields.append(Field(name: String(cString: bson_iter_key(iterator)), value: value(iterator)))
        }
        return fields
    }

    private static func value(_ iterator: OpaquePointer) -> BSON {
        switch bson_iter_type(iterator) {
        case BSON_TYPE_INT32, BSON_TYPE_INT64: .integer(bson_iter_as_int64(iterator))
        case BSON_TYPE_DOUBLE: .real(bson_iter_double(iterator))
        case BSON_TYPE_BOOL: .boolean(bson_iter_bool(iterator))
        case BSON_TYPE_UTF8: text(iterator)
        case BSON_TYPE_BINARY: bytes(iterator)
        case BSON_TYPE_DOCUMENT: .document(children(iterator))
        case BSON_TYPE_ARRAY: .array(children(iterator).map(\.value))
        default: .null
        }
    }

    private static func text(_ iterator: OpaquePointer) -> BSON {
        var length: UInt32 = 0
        let start = bson_iter_utf8(iterator, &length)
        return .text(String(decoding: UnsafeRawBufferPointer(start: start, count: Int(length)), as: UTF8.self))
    }

    private static func bytes(_ iterator: OpaquePointer) -> BSON {
        var (type, length, start) = (BSON_SUBTYPE_BINARY, UInt32(0), UnsafePointer<UInt8>?.none)
        bson_iter_binary(iterator, &type, &length, &start)
        let bytes = Array(UnsafeBufferPointer(start: start, count: Int(length)))
        return type == BSON_SUBTYPE_UUID ? .uuid(bytes) : .bytes(bytes)
    }

    private static func children(_ iterator: OpaquePointer) -> [Field] {
        withIterator { child in bson_iter_recurse(iterator, child) ? fields(child) : [] }
    }
}

/// Libbson wants its iterators aligned further than Swift's own variables are.
private func withIterator<Result>(_ body: (OpaquePointer) -> Result) -> Result {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bson_iter_t_size(), alignment: bson_alignment())
    defer { memory.deallocate() }
    return body(OpaquePointer(memory))
}

/// A document in libbson's hands.
final class EncodedDocument {
    private let pointer: OpaquePointer

    init(_ document: BSON) {
        pointer = bson_new()
        for field in document.fields ?? [] { append(field.value, field.name) }
    }

    deinit { bson_destroy(pointer) }

    /// The pointer ends with the closure at the latest.
    func with<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(pointer) }
    }

    private func append(_ value: BSON, _ name: String) {
        let length = Int32(name.utf8.count)
        switch value {
        case .null: bson_append_null(pointer, name, length)
        case .integer(let integer): bson_append_int64(pointer, name, length, integer)
        case .real(let real): bson_append_double(pointer, name, length, real)
        case .text(let text): bson_append_utf8(pointer, name, length, text, Int32(text.utf8.count))
        case .boolean(let boolean): bson_append_bool(pointer, name, length, boolean)
        case .bytes(let bytes):
            bson_append_binary(pointer, name, length, BSON_SUBTYPE_BINARY, bytes, UInt32(bytes.count))
        case .uuid(let bytes):
            bson_append_binary(pointer, name, length, BSON_SUBTYPE_UUID, bytes, UInt32(bytes.count))
        case .document: EncodedDocument(value).with { _ = bson_append_document(pointer, name, length, $0) }
        case .array(let elements):
            let numbered = elements.enumerated().map { BSON.Field(name: "\($0)", value: $1) }
            EncodedDocument(.document(numbered)).with { _ = bson_append_array(pointer, name, length, $0) }
        }
    }
}
