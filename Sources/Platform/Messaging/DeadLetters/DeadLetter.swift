public import Kernel

/// An event that its consumer has set aside: it could not be handled, or one of its subject before it could not.
public struct DeadLetter: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Handling it failed.
        case failed
        /// An earlier event of its subject stands before it.
        case waiting
    }
    /// Sixteen hexadecimal digits; a later letter has a greater one.
    public let id: String
    public let version: Int64
    public let group: String
    public let event: CloudEvent
    /// Where the log has it.
    public let partition: LogPartition
    public let position: Int64
    public let state: State
    /// Why it was not handled the last time; `nil` while it waits.
    public let error: String?
    /// How often handling it was tried.
    public let tries: Int
    public let setAsideAt: Timestamp
}
