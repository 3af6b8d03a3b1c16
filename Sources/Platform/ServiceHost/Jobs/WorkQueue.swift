public import Kernel
public import Storage
import Synchronization

/// A queue of work in this process, first come, first served, with a bounded number of items under way.
///
/// Items are lost with the process, and dropped if the queue is full. Work that must be done therefore has a row, which
/// a `Job` finds again.
public final class WorkQueue<Item: Sendable>: Sendable {
    private struct State {
        var waiting: [Item] = []
        var running = 0
        /// The last refill had more items than there was room for.
        var isRoomWanted = false
    }
    private let atOnce: Int
    private let capacity: Int
    private let loop: any Loop
    private let wakeup: Signal
    private let state = Mutex(State())

    public convenience init(atOnce: Int, capacity: Int = 10_000, on loop: any Loop) {
        self.init(atOnce: atOnce, capacity: capacity, on: loop, wakeup: Signal())
    }

    init(atOnce: Int, capacity: Int = 10_000, on loop: any Loop, wakeup: Signal) {
        precondition(atOnce >= 1 && capacity >= 1)
        self.atOnce = atOnce
        self.capacity = capacity
        self.loop = loop
        self.wakeup = wakeup
    }

    /// Adds an item. Returns `false` if there is no room.
    @discardableResult
    public func add(_ item: Item) -> Bool {
        let isAdded = state.withLock { state in
            guard state.waiting.count < capacity else { return false }
            state.waiting.append(item)
            return true
        }
        wakeup.raise()
        return isAdded
    }

    /// Adds the item once the transaction is durable.
    public func add(_ item: Item, after tx: any Transaction) {
        tx.afterCommit { [self] in _ = add(item) }
    }

    /// Passes each item to `perform` until the task is cancelled; then cancels the items under way and waits for them.
    public func run(_ perform: @escaping @Sendable (Item) async -> Void) async {
        await run(refill: { _ in nil }, perform)
    }

    /// Calls `refill` before each wait with the number of free places; it returns the longest time until its next call.
    func run(
        refill: (Int) async -> Duration?, _ perform: @escaping @Sendable (Item) async -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let wait = await refill(room)
                for item in next() {
                    group.addTask { [self] in
                        await perform(item)
                        finish()
                    }
                }
                await wakeup.wait(on: loop, atMost: wait)
            }
            group.cancelAll()
        }
    }

    /// Asks for a refill once half of the places are free. A refill for each free place would read the rows one by one.
    func wantRoom() { state.withLock { $0.isRoomWanted = true } }

    private var room: Int { state.withLock { max(0, atOnce - $0.running - $0.waiting.count) } }

    private func next() -> [Item] {
        state.withLock { state in
            let items = Array(state.waiting.prefix(max(0, atOnce - state.running)))
            state.waiting.removeFirst(items.count)
            state.running += items.count
            return items
        }
    }

    private func finish() {
        let wakes = state.withLock { state in
            state.running -= 1
            guard state.waiting.isEmpty else { return true }
            guard state.isRoomWanted, state.running <= atOnce / 2 else { return false }
            state.isRoomWanted = false
            return true
        }
        if wakes { wakeup.raise() }
    }
}
