import CYAML

/// libyaml's parser over bytes in memory.
final class YAMLParser {
    struct Failure: Error, CustomStringConvertible {
        var description: String { "line \(line): \(message)" }

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

    /// Refuses a text that nests deeper than that before anything is made of it: libyaml's own cost grows with the text
    /// times its depth.
    func checkDepth(_ limit: Int) throws(Failure) {
        var depth = 0
        var event = yaml_event_t()
        while true {
            // What is not YAML at all is told by `next()`.
            guard yaml_parser_parse(parser, &event) == 1 else { return }
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT: depth += 1
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: depth -= 1
            case YAML_STREAM_END_EVENT: return
            default: break
            }
            guard depth <= limit else {
                throw Failure(
                    line: Int(event.start_mark.line) + 1, message: "is nested deeper than \(limit) levels")
            }
        }
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
