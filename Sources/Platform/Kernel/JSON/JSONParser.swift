/// Reads a JSON text (RFC 8259) once from its first byte to its last, without recursion, into a flat list of nodes.
///
/// The cost is linear in the text's size: nothing is tried and taken back. A member that occurs twice in one object is
/// refused, because two readers of such a text may each take another one.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var position = 0
    private var nodes: [JSONNode] = []
    private var open: [Int] = []
    private var values = 0

    static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits
    ) throws(JSONFault) -> [JSONNode] {
        guard bytes.count <= limits.bytes else {
            throw JSONFault(reason: "the text has more than \(limits.bytes) bytes", position: limits.bytes)
        }
        guard (try? UTF8Span(validating: bytes.span)) != nil else {
            throw JSONFault(reason: "the text is not UTF-8", position: 0)
        }
        var parser = JSONParser(bytes, limits)
        try parser.run()
        return parser.nodes
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        nodes.reserveCapacity(min(bytes.count / 8 + 2, 4096))
    }

    private mutating func run() throws(JSONFault) {
        try readValue()
        while let container = open.last {
            skipSpace()
            let isObject = nodes[container].kind == .object
            let closing = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            if peek == closing {
                position += 1
                try close(container)
                continue
            }
            if nodes[container].count > 0 {
                guard take(UInt8(ascii: ",")) else { throw fault("a comma or the end of a list or object is missing") }
                skipSpace()
                guard peek != closing else { throw fault("a comma stands before the end of a list or object") }
            }
            nodes[container].count += 1
            if isObject { try readName() }
            try readValue()
        }
        skipSpace()
        guard position == bytes.count else { throw fault("something follows the value") }
    }

    private mutating func close(_ container: Int) throws(JSONFault) {
        open.removeLast()
        nodes[container].next = UInt32(nodes.count)
        if nodes[container].kind == .object { try checkNames(of: container) }
    }

    private mutating func readName() throws(JSONFault) {
        guard peek == UInt8(ascii: "\"") else { throw fault("the name of a member is missing") }
        try readText()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw fault("a colon is missing") }
    }

    private mutating func readValue() throws(JSONFault) {
        skipSpace()
        values += 1
        guard values <= limits.values else { throw fault("there are more than \(limits.values) values") }
        guard let byte = peek else { throw fault("the text ends too early") }
        switch byte {
        case UInt8(ascii: "\""): try readText()
        case UInt8(ascii: "{"): try enter(.object)
        case UInt8(ascii: "["): try enter(.list)
        case UInt8(ascii: "t"): try readWord("true", .true)
        case UInt8(ascii: "f"): try readWord("false", .false)
        case UInt8(ascii: "n"): try readWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        default: throw fault("there is no value")
        }
    }

    private mutating func enter(_ kind: JSONNode.Kind) throws(JSONFault) {
        guard open.count < limits.depth else { throw fault("it is nested deeper than \(limits.depth) levels") }
        open.append(nodes.count)
        nodes.append(JSONNode(kind: kind, start: position, count: 0))
        position += 1
    }

    // MARK: Scalars

    private mutating func readWord(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONFault) {
        let count = word.utf8CodeUnitCount
        let isThere =
            position + count <= bytes.count
            && word.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + count]) }
        guard isThere else { throw fault("there is no value") }
        append(kind, position, count)
        position += count
    }

    private mutating func readNumber() throws(JSONFault) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try readDigits() }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try readDigits()
        }
        if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try readDigits()
        }
        guard position - start <= limits.number else {
            position = start
            throw fault("a number has more than \(limits.number) characters")
        }
        append(isWhole ? .integer : .number, start, position - start)
    }

    private mutating func readDigits() throws(JSONFault) {
        let start = position
        while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        guard position > start else { throw fault("a number is not complete") }
    }

    private mutating func readText() throws(JSONFault) {
        position += 1
        let start = position
        var isEscaped = false
        while true {
            guard position < bytes.count else { throw fault("a text has no end") }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw fault("a text contains a control character") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try skipEscape()
            }
        }
        guard position - start <= limits.text else {
            position = start
            throw fault("a text has more than \(limits.text) bytes")
        }
        append(isEscaped ? .escapedText : .text, start, position - start)
        position += 1
    }

    private mutating func skipEscape() throws(JSONFault) {
        guard let byte = peek else { throw fault("a text has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"): break
        default: throw fault("a text contains an unknown escape")
        }
        let unit = try readCodeUnit()
        guard unit & 0xF800 == 0xD800 else { return }
        // Half a character outside the basic plane; the other half has to follow.
        guard unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), try readCodeUnit() & 0xFC00 == 0xDC00
        else { throw fault("a text contains half a character") }
    }

    private mutating func readCodeUnit() throws(JSONFault) -> UInt16 {
        guard position + 4 <= bytes.count, let unit = JSONNode.codeUnit(bytes, at: position) else {
            throw fault("a text contains an unknown escape")
        }
        position += 4
        return unit
    }

    // MARK: Names

    /// Refuses a name that occurs twice in one object.
    private func checkNames(of container: Int) throws(JSONFault) {
        let count = Int(nodes[container].count)
        guard count > 1 else { return }
        var names: [Int] = []
        names.reserveCapacity(count)
        var hasEscapes = false
        var index = container + 1
        while index < nodes.count {
            names.append(index)
            if nodes[index].kind == .escapedText { hasEscapes = true }
            index = Int(nodes[index + 1].next)
        }
        if count <= 16, !hasEscapes { return try compare(names) }
        var seen = Set<String>(minimumCapacity: count)
        for name in names where !seen.insert(nodes[name].text(in: bytes)).inserted { throw duplicate(name) }
    }

    /// For a few names: cheaper than hashing them.
    private func compare(_ names: [Int]) throws(JSONFault) {
        for (place, name) in names.enumerated() {
            for other in names[..<place] where nodes[name].isSameText(as: nodes[other], in: bytes) {
                throw duplicate(name)
            }
        }
    }

    private func duplicate(_ name: Int) -> JSONFault {
        JSONFault(reason: "a member occurs twice in one object", position: Int(nodes[name].start))
    }

    // MARK: Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func append(_ kind: JSONNode.Kind, _ start: Int, _ count: Int) {
        var node = JSONNode(kind: kind, start: start, count: count)
        nodes.append(node)
        node.next = UInt32(nodes.count)
        nodes[nodes.count - 1].next = node.next
    }

    private func fault(_ reason: String) -> JSONFault { JSONFault(reason: reason, position: position) }
}
