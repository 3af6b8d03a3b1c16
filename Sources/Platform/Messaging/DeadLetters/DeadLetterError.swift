/// Why a dead letter cannot be dealt with as asked.
public struct DeadLetterError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public enum Code: Sendable, Hashable {
        /// There is no such letter; it was handled or dropped meanwhile.
        case unknown
        /// Another letter of its subject has to go first.
        case notFirst
        /// The letter was changed since it was looked at.
        case changed
        /// The new data is not JSON.
        case notJSON
        /// The consumer has no handler for events of that type any more.
        case noHandler
    }
    public let code: Code
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
