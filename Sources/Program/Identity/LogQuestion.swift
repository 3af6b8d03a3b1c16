import Kernel
import Messaging
import Synchronization

/// Asks the event log at the start whether it has events of a service. An unavailable log does not delay the start: it
/// counts as having none, and is not asked again.
final class LogQuestion: Sendable {
    private static let limit = Duration.seconds(2)

    private let eventLog: any EventLog
    private let loop: any Loop
    private let isAway = Atomic(false)

    init(_ eventLog: any EventLog, loop: any Loop) {
        self.eventLog = eventLog
        self.loop = loop
    }

    /// Whether the log has events of the service; `false` if it does not answer.
    func hasEvents(of service: String) async -> Bool {
        guard !isAway.load(ordering: .relaxed) else { return false }
        return await withCheckedContinuation { continuation in
            let answered = Answer(continuation)
            let timer = loop.schedule(after: Self.limit) { [self] in
                if answered.give(false) { isAway.store(true, ordering: .relaxed) }
            }
            _ = loop.start { [self] in
                let hasEvents = (try? await eventLog.hasEvents(from: "/" + service)) ?? false
                timer.cancel()
                answered.give(hasEvents)
            }
        }
    }
}

/// Resumes a continuation with the first of several answers.
private final class Answer: Sendable {
    private let waiter: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) { waiter = Mutex(continuation) }

    /// Returns whether it was the first answer.
    @discardableResult func give(_ answer: Bool) -> Bool {
        let continuation = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        continuation?.resume(returning: answer)
        return continuation != nil
    }
}
