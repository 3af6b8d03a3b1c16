import Glibc
import Kernel
import Synchronization

/// Runs one transaction's body, and what it starts, in place on the writer's thread. A body that awaits its transaction
/// only is finished when nothing is left to run; one that waits for something else is not, and is found out so.
final class BodyExecutor: TaskExecutor {
    private enum Phase {
        case waiting
        case running(pthread_t)
        case ended
    }
    private struct State {
        var phase = Phase.waiting
        var jobs: [UnownedJob] = []
    }
    private let state = Mutex(State())
    private let worker: any Worker

    init(worker: any Worker) {
        self.worker = worker
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isKept = state.withLock { state in
            switch state.phase {
            case .waiting: break
            case .running(let thread) where thread == pthread_self(): break
            default: return false
            }
            state.jobs.append(job)
            return true
        }
        // What comes back from elsewhere has lost its transaction; it still has to run to its end, to free what it holds.
        if !isKept { worker.submit { job.runSynchronously(on: self.asUnownedTaskExecutor()) } }
    }

    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Runs all there is on the calling thread.
    func drain() {
        state.withLock { $0.phase = .running(pthread_self()) }
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            guard !state.jobs.isEmpty else {
                state.phase = .ended
                return nil
            }
            return state.jobs.removeFirst()
        }
    }
}
