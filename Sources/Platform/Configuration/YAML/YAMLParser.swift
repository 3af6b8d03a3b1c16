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

/// Turns libyaml's nodes into ours and collects what is not allowed. An alias stands for a copy of what it names.
struct YAMLConverter {
    typealias Node = UnsafeMutablePointer<yaml_node_t>

    let document: YAMLDocument
    let name: String
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var count: Int

    /// `count` is how many values the stream has before this document.
    init(document: YAMLDocument, name: String, count: Int = 0) {
        self.count = count
        self.document = document
        self.name = name
    }

    mutating func convertRoot() -> ConfigurationNode {
        let empty = ConfigurationNode(value: .section([]), origin: .file(path: name, line: 1))
        guard let root = document.root else { return empty }
        let node = convert(root, depth: 0)
        switch node.value {
        case .section: return node
        case .null: return empty
        default:
            report(line(root), "must be keys with values, such as `order:`")
            return empty
        }
    }

    mutating func report(_ line: Int, _ message: String) {
        problems.append(ConfigurationProblem(.file(path: name, line: line), message))
    }

    private func line(_ node: Node) -> Int { Int(node.pointee.start_mark.line) + 1 }

    private mutating func convert(_ node: Node, depth: Int) -> ConfigurationNode {
        let origin = ConfigurationOrigin.file(path: name, line: line(node))
        let nothing = ConfigurationNode(value: .null, origin: origin)
        count += 1
        guard isWithinLimits(depth: depth, line: line(node)), hasPlainTag(node) else { return nothing }
        switch node.pointee.type {
        case YAML_SCALAR_NODE: return ConfigurationNode(value: scalar(node), origin: origin)
        case YAML_SEQUENCE_NODE: return ConfigurationNode(value: list(node, depth: depth), origin: origin)
        case YAML_MAPPING_NODE: return ConfigurationNode(value: section(node, depth: depth), origin: origin)
        default: return nothing
        }
    }

    /// An alias within what it names never ends, and a few aliases of aliases are very many nodes.
    private mutating func isWithinLimits(depth: Int, line: Int) -> Bool {
        if depth > ConfigurationFile.depthLimit {
            if problems.isEmpty { report(line, "is nested deeper than \(ConfigurationFile.depthLimit) levels") }
            return false
        }
        if count > ConfigurationFile.nodeLimit {
            if problems.isEmpty { report(line, "has over \(ConfigurationFile.nodeLimit) values, aliases counted") }
            return false
        }
        return true
    }

    private mutating func hasPlainTag(_ node: Node) -> Bool {
        guard let tag = node.pointee.tag else { return true }
        let text = String(cString: UnsafeRawPointer(tag).assumingMemoryBound(to: CChar.self))
        if text.hasPrefix("tag:yaml.org,2002:") || text == "!" { return true }
        report(line(node), "the tag \(text) is not supported")
        return false
    }

    private func scalar(_ node: Node) -> ConfigurationNode.Value {
        let text = Self.text(node)
        let isPlain = node.pointee.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
        return isPlain && ["", "~", "null", "Null", "NULL"].contains(text) ? .null : .scalar(text)
    }

    private mutating func list(_ node: Node, depth: Int) -> ConfigurationNode.Value {
        let items = node.pointee.data.sequence.items
        var result: [ConfigurationNode] = []
        var item = items.start
        while let current = item, current != items.top {
            if let child = document.node(current.pointee) { result.append(convert(child, depth: depth + 1)) }
            item = current + 1
        }
        return .list(result)
    }

    private mutating func section(_ node: Node, depth: Int) -> ConfigurationNode.Value {
        let pairs = node.pointee.data.mapping.pairs
        var entries: [ConfigurationNode.Entry] = []
        var lines: [String: Int] = [:]
        var pair = pairs.start
        while let current = pair, current != pairs.top {
            defer { pair = current + 1 }
            guard let keyNode = document.node(current.pointee.key), let child = document.node(current.pointee.value),
                let key = self.key(keyNode)
            else { continue }
            if let first = lines[key] {
                report(line(keyNode), "\(key) stands here twice; first in line \(first)")
                continue
            }
            lines[key] = line(keyNode)
            let origin = ConfigurationOrigin.file(path: name, line: line(keyNode))
            entries.append(.init(key: key, origin: origin, node: convert(child, depth: depth + 1)))
        }
        return .section(entries)
    }

    private mutating func key(_ node: Node) -> String? {
        guard node.pointee.type == YAML_SCALAR_NODE else {
            report(line(node), "a key must be a word")
            return nil
        }
        let key = Self.text(node)
        if key == "<<" {
            report(line(node), "merge keys (<<) are not supported; use an alias for a whole section")
            return nil
        }
        return key
    }

    private static func text(_ node: Node) -> String {
        let scalar = node.pointee.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    }
}
