import Kernel
import Synchronization

/// Limits the look-ups that unsigned callbacks can cause: anybody can send one, and each would be a call to the provider.
///
/// A reference that is known, because this process asked the provider about it before, is looked up once in a while.
/// Others share one budget, and what the provider does not know is remembered. A callback that gets no look-up now is
/// not lost: it is answered as one that could not be confirmed, which the provider sends again.
final class ConfirmationGate: Sendable {
    enum Decision: Sendable, Hashable {
        case lookUp
        /// Too many, or one of the same reference is under way.
        case later
        /// The provider said a short while ago that it does not know the reference.
        case absent
    }

    private struct State {
        /// When each was looked up last; `nil` if it is known only.
        var known: RecentEntries<Timestamp?>
        var absent: RecentEntries<Timestamp>
        var budget: Double
        var filledAt: Timestamp?
    }
    private let state: Mutex<State>

    /// Between two look-ups of one reference.
    static let interval = Duration.seconds(1)
    /// Look-ups a second of references that are not known, and how many of them may come at once.
    static let strangersPerSecond = 1.0
    static let strangersAtOnce = 20.0
    static let absence = Duration.seconds(600)

    init(capacity: Int = 10_000) {
        state = Mutex(
            State(
                known: RecentEntries(capacity: capacity), absent: RecentEntries(capacity: capacity),
                budget: Self.strangersAtOnce))
    }

    /// Asked before each look-up.
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

    /// This process did something with the reference, or the provider confirmed it.
    func learn(_ reference: String, at time: Timestamp? = nil) {
        state.withLock { state in
            state.absent[reference] = nil
            if state.known[reference] == nil || time != nil { state.known[reference] = .some(time) }
        }
    }

    func learnAbsent(_ reference: String, at time: Timestamp) {
        state.withLock { state in
            // What is known does not become strange by one answer.
            if state.known[reference] == nil { state.absent[reference] = time }
        }
    }
}

/// A dictionary that forgets the entries that were added first when it is full.
private struct RecentEntries<Value: Sendable>: Sendable {
    private let capacity: Int
    private var values: [String: Value] = [:]
    private var order: [String] = []
    private var oldest = 0

    init(capacity: Int) { self.capacity = capacity }

    subscript(key: String) -> Value? {
        get { values[key] }
        set {
            guard let newValue else {
                values[key] = nil
                return
            }
            if values.updateValue(newValue, forKey: key) != nil { return }
            if order.count < capacity {
                order.append(key)
            } else {
                values[order[oldest]] = nil
                order[oldest] = key
                oldest = (oldest + 1) % capacity
            }
        }
    }
}
