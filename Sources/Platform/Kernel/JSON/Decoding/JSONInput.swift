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
