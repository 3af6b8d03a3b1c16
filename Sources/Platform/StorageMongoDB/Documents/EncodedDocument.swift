import CMongoDB

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
