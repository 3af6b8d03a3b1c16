import Kernel
import Synchronization

/// Who waits for events in this process.
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
