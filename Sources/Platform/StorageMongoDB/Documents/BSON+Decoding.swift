import CMongoDB

extension BSON {
    /// What libbson has, copied.
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
