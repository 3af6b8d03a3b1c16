/// What is wrong with an event, or with where one was looked for.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public enum Code: Sendable, Hashable {
        /// The event is not of the type that it was read as.
        case wrongType
        /// The data is not what the type promises.
        case unreadable
        /// A subscriber is further than the log goes: the log was replaced by another one.
        case logReplaced
    }
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
