public import HTTP

extension Request {
    /// The part `{id}` of the path, where it may become the id of something new: 1 to 64 unreserved characters
    /// (RFC 3986 §2.3), so that it stands in an address as it is. Throws a 400 `Problem` that names it.
    public func newIdentifier() throws(Problem) -> String {
        let id: String = try parameter("id")
        guard (1...64).contains(id.utf8.count), id.utf8.allSatisfy(Self.isUnreserved) else {
            throw .invalid("id", "must be 1 to 64 letters, digits, or - . _ ~")
        }
        return id
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
