import Messaging
import Synchronization

/// One append on its way: which events wait for others of their subject, and which were acknowledged.
///
/// An event is sent when the one before it of its subject was acknowledged. So none can overtake another, whatever
/// fails; librdkafka's own order does not outlast an event that it gives up.
final class ProduceRequest: Sendable {
    private struct State {
        /// For each event the next one of its subject.
        let next: [Int?]
        var underWay: Int
        var taken: [Int] = []
        var cause: (any Error)?
        var isAbandoned = false
        var continuation: CheckedContinuation<Void, any Error>?
    }
    let events: [CloudEvent]
    /// The first event of each subject.
    let first: [Int]
    private let state: Mutex<State>

    init(_ events: [CloudEvent]) {
        var (first, last) = ([Int](), [String: Int]())
        var next = [Int?](repeating: nil, count: events.count)
        for (place, event) in events.enumerated() {
            if let before = last.updateValue(place, forKey: event.subject) {
                next[before] = place
            } else {
                first.append(place)
            }
        }
        self.events = events
        self.first = first
        state = Mutex(State(next: next, underWay: first.count))
    }

    /// Returns whether the events may be sent.
    func begin(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
        let isAbandoned = state.withLock { state in
            if !state.isAbandoned { state.continuation = continuation }
            return state.isAbandoned
        }
        if isAbandoned { continuation.resume(throwing: CancellationError()) }
        return !isAbandoned
    }

    /// Nobody waits any more. What is under way may still arrive; nothing further is sent.
    func abandon() {
        let continuation = state.withLock { state in
            state.isAbandoned = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(throwing: CancellationError())
    }

    /// Notes the outcome of one event; returns the one that can be sent now.
    func finished(_ place: Int, _ error: (any Error)?) -> Int? {
        let (next, end) = state.withLock { state -> (Int?, (() -> Void)?) in
            if let error {
                state.cause = state.cause ?? error
            } else {
                state.taken.append(place)
                if let next = state.next[place], !state.isAbandoned { return (next, nil) }
            }
            state.underWay -= 1
            guard state.underWay == 0 else { return (nil, nil) }
            return (nil, Self.end(&state))
        }
        end?()
        return next
    }

    private static func end(_ state: inout State) -> (() -> Void)? {
        guard let continuation = state.continuation else { return nil }
        state.continuation = nil
        guard let cause = state.cause else { return { continuation.resume() } }
        let error: any Error = state.taken.isEmpty ? cause : PartlyAppended(taken: state.taken.sorted(), cause: cause)
        return { continuation.resume(throwing: error) }
    }
}
