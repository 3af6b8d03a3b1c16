import Kernel
import Synchronization

/// Limits the look-ups that unsigned callbacks cause. Anybody can send such a callback, and without a limit each would
/// cause a call to the provider.
///
/// A reference is known if this process has used it in a call, or if the provider has confirmed it. It is looked up at
/// most once per `interval`. All other references share one budget, and a reference that the provider does not know is
/// not looked up again for the time of `absence`. A callback whose look-up has to wait (`later`) is answered with 503,
/// so that the provider sends it again.
final class ConfirmationGate: Sendable {
    enum Decision: Sendable, Hashable {
        case lookUp
        /// The budget is used up, or the reference was looked up less than `interval` ago.
        case later
        /// The provider answered less than `absence` ago that it does not know the reference.
        case absent
    }

    private struct State {
        /// The time of the last look-up of each known reference; `nil` if it was not looked up yet.
        var known: RecentEntries<Timestamp?>
        /// The time of the answer that the provider does not know the reference.
        var absent: RecentEntries<Timestamp>
        /// The number of look-ups that are left for references that are not known.
        var budget: Double
        /// The time at which `budget` was last refilled.
        var filledAt: Timestamp?
    }
    private let state: Mutex<State>

    /// The shortest time between two look-ups of one reference.
    static let interval = Duration.seconds(1)
    /// The budget of references that are not known: look-ups per second, and the most look-ups at once.
    static let strangersPerSecond = 1.0
    static let strangersAtOnce = 20.0
    /// How long a reference counts as absent after the provider said that it does not know it.
    static let absence = Duration.seconds(600)

    init(capacity: Int = 10_000) {
        state = Mutex(
            State(
                known: RecentEntries(capacity: capacity), absent: RecentEntries(capacity: capacity),
                budget: Self.strangersAtOnce))
    }

    /// Decides whether a callback may look up its reference now, and counts the look-up if it may.
    func admit(_ reference: String, at time: Timestamp) -> Decision {
        state.withLock { state in
            if let since = state.absent[reference], time - since < Self.absence { return .absent }
            if let last = state.known[reference] {
                if let last, time - last < Self.interval { return .later }
                state.known[reference] = .some(time)
                return .lookUp
            }
            let passed = state.filledAt.map { max((time - $0).seconds, 0) } ?? 0
            state.budget = min(Self.strangersAtOnce, state.budget + passed * Self.strangersPerSecond)
            state.filledAt = time
            guard state.budget >= 1 else { return .later }
            state.budget -= 1
            return .lookUp
        }
    }

    /// Makes a reference known, because this process used it in a call or the provider confirmed it. `time` is the time
    /// of the look-up that a callback caused; `nil` if there was none.
    func learn(_ reference: String, at time: Timestamp? = nil) {
        state.withLock { state in
            state.absent[reference] = nil
            if state.known[reference] == nil || time != nil { state.known[reference] = .some(time) }
        }
    }

    /// Notes that the provider does not know the reference.
    func learnAbsent(_ reference: String, at time: Timestamp) {
        state.withLock { state in
            // A known reference stays known, even if one answer says that it is absent.
            if state.known[reference] == nil { state.absent[reference] = time }
        }
    }
}

/// A dictionary of at most `capacity` entries, each of which stays until `capacity` others were inserted after it.
private struct RecentEntries<Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        /// The number of its insertion.
        let number: Int
    }
    private let capacity: Int
    private var entries: [String: Entry] = [:]
    /// The keys of the last insertions, each at its number modulo `capacity`.
    private var inserted: [String] = []
    private var count = 0

    init(capacity: Int) { self.capacity = capacity }

    subscript(key: String) -> Value? {
        get { entries[key]?.value }
        set {
            guard let newValue else {
                entries[key] = nil
                return
            }
            guard entries[key] == nil else {
                entries[key]?.value = newValue
                return
            }
            insert(key, newValue)
        }
    }

    private mutating func insert(_ key: String, _ value: Value) {
        if inserted.count < capacity {
            inserted.append(key)
        } else {
            let place = count % capacity
            // A key that was removed and inserted again has a later number, and stays.
            if entries[inserted[place]]?.number == count - capacity { entries[inserted[place]] = nil }
            inserted[place] = key
        }
        entries[key] = Entry(value: value, number: count)
        count += 1
    }
}
