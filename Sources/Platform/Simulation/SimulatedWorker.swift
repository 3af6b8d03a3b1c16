import Kernel
import Synchronization

/// A worker without a thread: its jobs run on the simulated loop, in order, one turn each.
final class SimulatedWorker: Worker {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isScheduled = false
        var isStopped = false
    }
    private let loop: any Loop
    private let state = Mutex(State())

    init(loop: any Loop) {
        self.loop = loop
    }

    func submit(_ job: @escaping @Sendable () -> Void) {
        let mustSchedule = state.withLock { state in
            guard !state.isStopped else { return false }
            state.jobs.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { loop.execute { self.turn() } }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
    }

    private func turn() {
        let job = state.withLock { $0.jobs.removeFirst() }
        job()
        let hasMore = state.withLock { state in
            state.isScheduled = !state.jobs.isEmpty
            return state.isScheduled
        }
        if hasMore { loop.execute { self.turn() } }
    }
}
