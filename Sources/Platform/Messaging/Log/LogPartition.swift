/// A part of a log whose events have an order among each other.
public struct LogPartition: Sendable, Hashable, CustomStringConvertible {
    /// Stands in stored positions: it never changes for the same partition of the same engine.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
