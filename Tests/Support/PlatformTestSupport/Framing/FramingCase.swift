/// Bytes that a client sends, and what must become of them. A request of its own follows each on the same connection: if
/// the bytes are refused, it must not be answered.
package struct FramingCase: Sendable {
    package let name: String
    package let bytes: [UInt8]
    /// The statuses of the answers to the bytes.
    package let statuses: [Int]
    /// What handlers were given: method, path, query and body.
    package let requests: [String]
    /// Whether the connection goes on.
    package let goesOn: Bool

    static func taken(_ name: String, _ text: String, _ requests: String..., goesOn: Bool = true) -> FramingCase {
        FramingCase(
            name: name, bytes: Array(text.utf8), statuses: requests.map { _ in 200 }, requests: requests,
            goesOn: goesOn)
    }

    static func refused(_ name: String, _ text: String, _ status: Int = 400) -> FramingCase {
        refused(name, Array(text.utf8), status)
    }

    static func refused(_ name: String, _ bytes: [UInt8], _ status: Int = 400) -> FramingCase {
        FramingCase(name: name, bytes: bytes, statuses: [status], requests: [], goesOn: false)
    }

    /// One byte put into the middle of a text.
    static func refused(_ what: String, _ before: String, _ byte: UInt8, _ after: String) -> FramingCase {
        refused("\(what) with byte \(byte)", Array(before.utf8) + [byte] + Array(after.utf8))
    }
}
