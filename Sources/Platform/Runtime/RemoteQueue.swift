import Kernel
import Synchronization

/// One thing a loop must do.
enum Work {
    case job(UnownedJob)
    case action(@Sendable () -> Void)
    case timer(TimerHeap.Timer)
}

/// Work that other threads hand to a loop, and whether the loop sleeps and must be woken for it.
final class RemoteQueue: Sendable {
    enum Rest {
        case work, sleep, end
    }
    fileprivate struct State {
        var work: [Work] = []
        var isAsleep = false
        var isStopping = false
        var hasEnded = false
    }
    private let state = Mutex(State())

    /// `true` when the loop must be woken.
    func push(_ work: sending Work) -> Bool {
        state.withLock { state in
            // Kept, it would never run, but hold on to whatever it refers to: the loop itself, as a rule.
            if state.hasEnded { return false }
            state.work.append(work)
            return state.wakes()
        }
    }

    func requestStop() -> Bool {
        state.withLock { state in
            state.isStopping = true
            return state.wakes()
        }
    }

    /// Moves everything that waits to the end of `queue`.
    func take(into queue: inout [Work]) {
        state.withLock { state in
            state.isAsleep = false
            if state.work.isEmpty { return }
            queue += state.work
            state.work.removeAll(keepingCapacity: true)
        }
    }

    /// Asked by the loop when it has nothing left to do. After `.sleep` the next push wakes it.
    func prepareToSleep() -> Rest {
        state.withLock { state in
            if !state.work.isEmpty { return .work }
            if state.isStopping {
                state.hasEnded = true
                return .end
            }
            state.isAsleep = true
            return .sleep
        }
    }
}

extension RemoteQueue.State {
    /// One wake is enough, however much arrives before the loop is up.
    fileprivate mutating func wakes() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }
}
