import CYAML

/// libyaml's parser over bytes in memory.
final class YAMLParser {
    struct Failure: Error {
        let line: Int
        let message: String
    }

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(bytes: [UInt8]) {
        // libyaml keeps the pointer, so the bytes must not move.
        input = .allocate(capacity: max(bytes.count, 1))
        _ = input.initialize(from: bytes)
        precondition(yaml_parser_initialize(parser) == 1, "out of memory")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next document; its root is `nil` at the end.
    func next() throws(Failure) -> YAMLDocument {
        let document = YAMLDocument()
        guard yaml_parser_load(parser, document.pointer) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read"
            let context = parser.pointee.context.map { " (\(String(cString: $0)))" } ?? ""
            throw Failure(
                line: Int(parser.pointee.problem_mark.line) + 1, message: "not valid YAML: \(problem)\(context)")
        }
        document.isLoaded = true
        return document
    }
}

/// A document of libyaml's: owns its nodes.
final class YAMLDocument {
    let pointer = UnsafeMutablePointer<yaml_document_t>.allocate(capacity: 1)
    var isLoaded = false

    deinit {
        if isLoaded { yaml_document_delete(pointer) }
        pointer.deallocate()
    }

    var root: UnsafeMutablePointer<yaml_node_t>? { yaml_document_get_root_node(pointer) }

    func node(_ index: Int32) -> UnsafeMutablePointer<yaml_node_t>? { yaml_document_get_node(pointer, index) }

    var line: Int { Int(pointer.pointee.start_mark.line) + 1 }
}
