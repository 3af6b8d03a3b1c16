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
    /// The partition of the log, and the position in it, at which the event stands.
    public let partition: LogPartition
    public let position: Int64
    public let state: State
    /// Why it was not handled the last time; `nil` while it waits.
    public let error: String?
    /// How often handling it was tried.
    public let tries: Int
    public let setAsideAt: Timestamp
}

extension DeadLetter {
    /// Returns the letter with another event, one version later.
    func with(event: CloudEvent) -> DeadLetter {
        DeadLetter(
            id: id, version: version + 1, group: group, event: event, partition: partition, position: position,
            state: state, error: error, tries: tries, setAsideAt: setAsideAt)
    }

    /// Returns the letter after one more try that failed, one version later.
    func failedAgain(_ error: any Error) -> DeadLetter {
        DeadLetter(
            id: id, version: version + 1, group: group, event: event, partition: partition, position: position,
            state: .failed, error: ErrorText.of(error), tries: tries + 1, setAsideAt: setAsideAt)
    }
}

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
