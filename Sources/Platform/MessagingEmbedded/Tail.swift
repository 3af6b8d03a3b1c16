import Kernel
import Messaging
import Synchronization

/// The newest events, as this process appended them: subscribers that keep up take them from here and leave the file
/// alone. Bounded; nothing of the log lies between its events.
final class Tail: Sendable {
    private struct State {
        /// Every event after this position, up to the newest that this process appended, is in `events`.
        var start: Int64 = 0
        var events: [LoggedEvent] = []
        /// The size of the events' data, in bytes.
        var bytes = 0
    }
    private let state = Mutex(State())
    private let limit = 2048
    private let byteLimit = 8 << 20

    /// Takes what one commit added; to be called in the order of the commits.
    func add(_ events: [LoggedEvent]) {
        guard let first = events.first else { return }
        state.withLock { state in
            // Other processes' events may lie between.
            if state.events.last.map({ $0.position + 1 }) != first.position {
                state = State(start: first.position - 1)
            }
            state.events += events
            state.bytes += Self.bytes(of: events)
            // Half at a time, so that dropping costs little an event.
            guard state.events.count > limit || state.bytes > byteLimit else { return }
            let dropped = max(state.events.count - limit / 2, state.events.count / 2)
            guard dropped > 0 else { return }
            state.start = state.events[dropped - 1].position
            state.events.removeFirst(dropped)
            state.bytes = Self.bytes(of: state.events)
        }
    }

    private static func bytes(of events: [LoggedEvent]) -> Int { events.reduce(0) { $0 + $1.event.data.count } }

    /// Returns the events that follow `cursor`; `nil` when the file has to be asked, which knows of other processes'
    /// events too.
    func batch(after cursor: Int64, types: Set<String>, limit: Int) -> LogBatch? {
        state.withLock { state in
            guard let newest = state.events.last?.position, cursor >= state.start, cursor < newest else { return nil }
            var taken: [LoggedEvent] = []
            for logged in state.events[Self.index(after: cursor, in: state.events)...]
            where types.contains(logged.event.type) {
                taken.append(logged)
                guard taken.count < limit else {
                    return LogBatch(
                        events: taken, end: logged.position, isLast: logged.position == newest, head: newest)
                }
            }
            return LogBatch(events: taken, end: newest, isLast: true, head: newest)
        }
    }

    /// Positions grow, not always by one: an event that the log had already takes a number.
    private static func index(after position: Int64, in events: [LoggedEvent]) -> Int {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].position > position { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The tasks of this process that wait for events.
final class Subscribers: Sendable {
    final class Entry: Sendable {
        let types: Set<String>
        let signal = Signal()

        init(types: Set<String>) {
            self.types = types
        }
    }
    private let entries = Mutex<[Entry]>([])

    var isEmpty: Bool { entries.withLock { $0.isEmpty } }

    func add(_ types: Set<String>) -> Entry {
        let entry = Entry(types: types)
        entries.withLock { $0.append(entry) }
        return entry
    }

    func remove(_ entry: Entry) {
        entries.withLock { $0.removeAll { $0 === entry } }
    }

    /// Those who take one of the types; `nil` wakes all.
    func wake(types: Set<String>?) {
        for entry in entries.withLock({ $0 }) where types.map({ !$0.isDisjoint(with: entry.types) }) ?? true {
            entry.signal.raise()
        }
    }
}
