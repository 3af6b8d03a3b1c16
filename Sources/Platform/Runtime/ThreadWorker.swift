import CLinux
import Glibc
public import Kernel
import Synchronization

/// A worker with a thread of its own: runs its jobs in order, sleeps while there are none.
///
/// One that sleeps is woken at the end of the round in which its loop has work for it, so that it finds together what one
/// round asked for: fewer wakes, and larger batches for what commits or flushes.
public final class ThreadWorker: Worker {
    private let inbox: Inbox
    private let loop: EventLoop?

    /// Without a `loop`, it is woken at once by whoever has work for it.
    public init(name: String, loop: EventLoop? = nil) {
        inbox = Inbox()
        self.loop = loop
        startThread(named: name) { [inbox] in inbox.run() }
    }

    public func submit(_ job: @escaping @Sendable () -> Void) {
        guard inbox.push(job) else { return }
        if let loop, loop.isCurrent {
            loop.atEndOfRound { [inbox] in inbox.wake() }
        } else {
            inbox.wake()
        }
    }

    public func stop() {
        if inbox.push(nil) { inbox.wake() }
    }

    deinit {
        stop()
    }
}

/// The jobs that wait, and the thread's side of taking them. Kept apart from the worker so that the thread does not keep
/// the worker alive.
private final class Inbox: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }
    private let state = Mutex(State())
    private let wakeup = Semaphore()

    /// `nil` ends the thread after what already waits. `true` when the thread must be woken.
    func push(_ job: (@Sendable () -> Void)?) -> Bool {
        state.withLock { state in
            guard !state.isStopped else { return false }
            let wasEmpty = state.jobs.isEmpty
            if let job { state.jobs.append(job) } else { state.isStopped = true }
            return wasEmpty
        }
    }

    func wake() { wakeup.signal() }

    func run() {
        while true {
            let (jobs, isStopped) = state.withLock { state in
                defer { state.jobs.removeAll(keepingCapacity: true) }
                return (state.jobs, state.isStopped)
            }
            if jobs.isEmpty {
                if isStopped { return }
                wakeup.wait()
            }
            for job in jobs { job() }
        }
    }
}
