public import HTTP

/// The rule for the id of something new: 1 to 64 unreserved characters (RFC 3986 §2.3), so that it stands in an address,
/// a line of the log and a terminal as it is.
public enum ResourceIdentifier {
    public static let lengths = 1...64
    /// After the field's name.
    static let rule = "must be 1 to 64 letters, digits, or - . _ ~"

    public static func isValid(_ id: String) -> Bool {
        lengths.contains(id.utf8.count) && id.utf8.allSatisfy(isUnreserved)
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

extension Request {
    /// The part `{id}` of the path, where it may become the id of something new. Throws a 400 `Problem` that names it.
    public func newIdentifier() throws(Problem) -> String {
        let id: String = try parameter("id")
        guard ResourceIdentifier.isValid(id) else { throw .invalid("id", ResourceIdentifier.rule) }
        return id
    }
}

extension FieldErrors {
    /// The id of something, which may not be there yet; what is not given is in order.
    public mutating func require(identifier: String?, _ field: String) {
        guard let identifier else { return }
        require(ResourceIdentifier.isValid(identifier), field, ResourceIdentifier.rule)
    }
}
