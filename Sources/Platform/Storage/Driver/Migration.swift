/// One step of a service's schema: numbered from 1 without gaps, never changed once released, never undone.
public struct Migration: Sendable {
    public enum Step: Sendable {
        /// Creates the table with its declared fields and indexes.
        case create(CollectionSchema)
        /// Adds a declared field (NULL in existing records) and its index.
        case addField(FieldSchema, to: String)
    }
    public let version: Int
    public let name: String
    public let steps: [Step]

    public init(_ version: Int, _ name: String, _ steps: [Step]) {
        self.version = version
        self.name = name
        self.steps = steps
    }
}
