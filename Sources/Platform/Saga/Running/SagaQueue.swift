import Kernel
import Synchronization

/// The sagas of this process that can go on now, and how many are being driven. One that finds no room is not lost: it is
/// found again once its time has come.
final class SagaQueue<State: SagaState>: Sendable {
    private struct Contents {
        var waiting: [SagaInstance<State>] = []
        var driven = 0
    }
    private let contents = Mutex(Contents())
    private let capacity: Int
    let wake = Signal()

    init(capacity: Int = 10_000) {
        self.capacity = capacity
    }

    func add(_ instance: SagaInstance<State>) {
        contents.withLock { contents in
            if contents.waiting.count < capacity { contents.waiting.append(instance) }
        }
        wake.raise()
    }

    /// Those that wait, as long as no more than `limit` are driven at once.
    func take(limit: Int) -> [SagaInstance<State>] {
        contents.withLock { contents in
            let taken = Array(contents.waiting.prefix(max(0, limit - contents.driven)))
            contents.waiting.removeFirst(taken.count)
            contents.driven += taken.count
            return taken
        }
    }

    func room(limit: Int) -> Int { contents.withLock { max(0, limit - $0.driven - $0.waiting.count) } }

    /// One is not driven any more.
    func finish() {
        let isWanted = contents.withLock { contents in
            contents.driven -= 1
            return !contents.waiting.isEmpty
        }
        if isWanted { wake.raise() }
    }
}
