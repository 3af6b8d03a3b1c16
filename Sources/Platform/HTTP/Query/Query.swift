/// The query of a request: names and values in order, decoded as forms encode them (`+` is a space).
public struct Query: Sendable {
    public struct Item: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    public let items: [Item]

    /// Reads text without the question mark. `a` is the same as `a=`; empty parts are left out.
    public init(_ text: String) {
        // By bytes, as everybody else does: a separator with a combining mark separates too.
        items = text.utf8.split(separator: UInt8(ascii: "&")).map { part in
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return Item(
                name: PercentDecoding.decode(Substring(pair[0]), plusIsSpace: true),
                value: pair.count == 2 ? PercentDecoding.decode(Substring(pair[1]), plusIsSpace: true) : "")
        }
    }

    public var isEmpty: Bool { items.isEmpty }

    /// The first value of that name.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    public func all(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }
}

extension Request {
    /// The query, read anew at each call: keep it where several values are needed.
    public var query: Query { Query(rawQuery) }
}
