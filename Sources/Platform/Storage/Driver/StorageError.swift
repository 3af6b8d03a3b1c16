/// What storage tells its caller, whichever engine it is.
public struct StorageError: Error, Sendable, Hashable {
    public enum Code: Sendable, Hashable {
        /// The id (`field: "id"`) or a unique field is taken.
        case duplicate(field: String)
        /// The stored version is not the expected one.
        case versionConflict
        /// The engine does not answer, the disk is full, a pool is exhausted.
        case unavailable
        /// A field that the collection does not declare, a value of the wrong type.
        case invalidQuery
        /// The schema is newer than this program, or a migration failed.
        case migration
        case closed
        case internalFailure
    }
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var isRetriable: Bool { code == .unavailable }
}
