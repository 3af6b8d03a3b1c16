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
        let answer = OneShot<Bool>()
        let timer = loop.schedule(after: Self.limit) { [self] in
            if answer.give(false) { isAway.store(true, ordering: .relaxed) }
        }
        _ = loop.start { [self] in
            let hasEvents = (try? await eventLog.hasEvents(from: "/" + service)) ?? false
            timer.cancel()
            answer.give(hasEvents)
        }
        return await answer.value()
    }
}
