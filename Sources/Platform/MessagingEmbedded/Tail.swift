import Messaging
import Synchronization

/// The newest events, as this process appended them: subscribers that keep up take them from here and leave the file
/// alone. Bounded; without gaps, or empty.
final class Tail: Sendable {
    private struct State {
        /// Every event after this position is in `events`; `nil` when that is not known.
        var start: Int64?
        var events: [LoggedEvent] = []
    }
    private let state = Mutex(State())
    private let limit = 2048

    /// To be called in the order of the commits.
    func add(_ events: [LoggedEvent]) {
        guard let first = events.first else { return }
        state.withLock { state in
            // A gap: other processes' events lie between.
            if state.start.map({ $0 + Int64(state.events.count) + 1 }) != first.position {
                state = State(start: first.position - 1)
            }
            state.events += events
            // Half at a time, so that dropping costs little an event.
            if state.events.count > limit {
                let dropped = state.events.count - limit / 2
                state.events.removeFirst(dropped)
                state.start! += Int64(dropped)
            }
        }
    }

    /// `nil` when the file has to be asked.
    func batch(after cursor: Int64, types: Set<String>, limit: Int) -> LogBatch? {
        state.withLock { state in
            guard let start = state.start, cursor >= start else { return nil }
            var end = cursor
            var taken: [LoggedEvent] = []
            for logged in state.events.dropFirst(Int(cursor - start)) {
                end = logged.position
                guard types.contains(logged.event.type) else { continue }
                taken.append(logged)
                if taken.count == limit { break }
            }
            // Nothing here: asks the file, which costs little and holds whatever this process does not know of.
            guard end > cursor else { return nil }
            return LogBatch(events: taken, end: end, isLast: end == state.events.last?.position)
        }
    }
}
