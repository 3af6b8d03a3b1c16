/// What is wrong with a database's URL, to be put behind its name: "has a parameter 'tsl' that PostgreSQL does not know".
/// It never holds the user or the password.
public struct DatabaseURLError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public let message: String

    package init(_ message: String) { self.message = message }

    /// Nothing of it can be quoted: it may be the password that is not where it should be.
    package static func unreadable(_ form: String) -> DatabaseURLError {
        DatabaseURLError(
            "must be \(form); special characters in the user's name and the password are percent-encoded (%40 for @)")
    }
}
