import FoundationEssentials

/// A JSON text that has been read, and how its values are taken: what all decoders of one document share.
final class JSONInput {
    struct Options {
        /// Takes `"10"` for a number and 10 for a text.
        var isLenient = false
        /// Members are written `like_this` and asked for as `likeThis`.
        var isSnakeCase = false
    }
    let options: Options
    let nodes: [JSONNode]
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    /// The member that was found last, and its object: most members are asked for in the order in which they stand.
    private var last: (object: Int, name: Int) = (-1, -1)
    /// Names and places of objects with many members, so that looking up each of them stays linear.
    private var maps: [Int: [String: Int]] = [:]
    private static let smallObject = 16

    init(_ data: Data, limits: JSONLimits, options: Options) throws {
        bytes = .allocate(capacity: max(data.count, 1))
        let count = data.copyBytes(to: bytes)
        self.options = options
        do {
            nodes = try JSONParser.parse(UnsafeBufferPointer(rebasing: bytes[..<count]), limits: limits)
        } catch {
            bytes.deallocate()
            throw error.decodingError
        }
    }

    deinit { bytes.deallocate() }

    func text(of index: Int) -> String { nodes[index].text(in: UnsafeBufferPointer(bytes)) }

    // MARK: Members

    /// The value of a member; `nil` if the object has none of that name.
    func member(_ name: String, of object: Int) -> Int? {
        if options.isSnakeCase || nodes[object].count > Self.smallObject { return map(of: object)[name] }
        let end = Int(nodes[object].next)
        let first = object + 1
        let start = last.object == object ? last.name : first
        var index = start
        while index < end {
            if isName(index, name, of: object) { return index + 1 }
            index = Int(nodes[index + 1].next)
        }
        index = first
        while index < start {
            if isName(index, name, of: object) { return index + 1 }
            index = Int(nodes[index + 1].next)
        }
        return nil
    }

    func names(of object: Int) -> [String] {
        var names: [String] = []
        forEachMember(of: object) { name, _ in names.append(name) }
        return names
    }

    /// Calls `body` with the name as it is written and the node of the value.
    func forEachMember(of object: Int, _ body: (String, Int) -> Void) {
        var index = object + 1
        while index < Int(nodes[object].next) {
            body(text(of: index), index + 1)
            index = Int(nodes[index + 1].next)
        }
    }

    private func isName(_ index: Int, _ name: String, of object: Int) -> Bool {
        guard nodes[index].isText(name, in: UnsafeBufferPointer(bytes)) else { return false }
        last = (object, index)
        return true
    }

    private func map(of object: Int) -> [String: Int] {
        if let map = maps[object] { return map }
        var map: [String: Int] = [:]
        map.reserveCapacity(Int(nodes[object].count))
        forEachMember(of: object) { name, value in
            map[options.isSnakeCase ? JSONName.camelCase(name) : name] = value
        }
        maps[object] = map
        return map
    }
}

/// Names of members.
enum JSONName {
    /// `order_id` becomes `orderId`; underscores at the beginning and the end stay.
    static func camelCase(_ name: String) -> String {
        let bytes = Array(name.utf8)
        let underscore = UInt8(ascii: "_")
        guard let first = bytes.firstIndex(where: { $0 != underscore }),
            let last = bytes.lastIndex(where: { $0 != underscore }), bytes[first...last].contains(underscore)
        else { return name }
        var result = Array(bytes[..<first])
        for (place, word) in bytes[first...last].split(separator: underscore).enumerated() {
            for (index, byte) in word.enumerated() {
                let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                guard isLetter else {
                    result.append(byte)
                    continue
                }
                result.append(place > 0 && index == 0 ? byte & ~0x20 : byte | 0x20)
            }
        }
        return String(decoding: result + bytes[(last + 1)...], as: UTF8.self)
    }
}

/// Reads scalars: the one place that says what stands for what.
extension JSONInput {
    func isNull(_ index: Int) -> Bool { nodes[index].kind == .null }

    func truth(_ index: Int, _ path: JSONPath) throws -> Bool {
        switch nodes[index].kind {
        case .true: return true
        case .false: return false
        case .text, .escapedText:
            if options.isLenient, let truth = Bool(text(of: index)) { return truth }
        default: break
        }
        throw mismatch(Bool.self, index, path)
    }

    /// A number is taken for the text that was written, digit by digit: a tracking code keeps all of its digits.
    func text(_ index: Int, _ path: JSONPath) throws -> String {
        let node = nodes[index]
        guard node.isText || options.isLenient && node.isNumber else { throw mismatch(String.self, index, path) }
        return text(of: index)
    }

    func integer<Number: FixedWidthInteger>(
        _ type: Number.Type, _ index: Int, _ path: JSONPath
    ) throws -> Number {
        switch nodes[index].kind {
        case .integer:
            if let number = Number(text(of: index)) { return number }
        case .number:
            // 1e3 and 10.0 are whole. Beyond 2^53 a floating-point number no longer says which whole number was meant.
            let number = Double(text(of: index)) ?? .nan
            if number.magnitude < 9_007_199_254_740_992, let number = Number(exactly: number) { return number }
        case .text, .escapedText:
            if options.isLenient, let number = Number(text(of: index)) { return number }
        default: break
        }
        throw mismatch(type, index, path)
    }

    func real<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ type: Number.Type, _ index: Int, _ path: JSONPath
    ) throws -> Number {
        let node = nodes[index]
        if node.isNumber || options.isLenient && node.isText, let number = Number(text(of: index)), number.isFinite {
            return number
        }
        throw mismatch(type, index, path)
    }

    func decimal(_ index: Int, _ path: JSONPath) throws -> Decimal {
        let node = nodes[index]
        guard node.isNumber || options.isLenient && node.isText else { throw mismatch(Decimal.self, index, path) }
        let written = text(of: index)
        // `Decimal` takes the number that a text begins with, whatever follows. It keeps 38 digits and would round the rest
        // away in silence; what needs more when it is written out could not be read again.
        guard Self.isNumber(written), Self.digits(written) <= 38, let number = Decimal(string: written),
            number.isFinite, Self.digits(number.description) <= 38
        else { throw mismatch(Decimal.self, index, path) }
        return number
    }

    private static func isNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x30...0x39 ~= $0 || "+-.eE".utf8.contains($0) } && Double(text) != nil
    }

    /// Before an exponent.
    private static func digits(_ text: String) -> Int {
        text.utf8.prefix { $0 | 0x20 != UInt8(ascii: "e") }.count { 0x30...0x39 ~= $0 }
    }

    func data(_ index: Int, _ path: JSONPath) throws -> Data {
        guard let data = Data(base64Encoded: try text(index, path)) else {
            throw DecodingError.dataCorrupted(.init(codingPath: path.keys, debugDescription: "must be base64"))
        }
        return data
    }

    func mismatch(_ type: any Any.Type, _ index: Int, _ path: JSONPath) -> DecodingError {
        let context = DecodingError.Context(codingPath: path.keys, debugDescription: "the value does not fit")
        return isNull(index) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

extension DecodingError {
    static func keyNotFound(_ key: some CodingKey, in path: JSONPath) -> DecodingError {
        .keyNotFound(key, .init(codingPath: path.keys, debugDescription: "is required"))
    }
}
