import Glibc
import Kernel
import Synchronization
import Telemetry

/// Gives memory that is free inside the process back to the system after a peak: allocators keep it for themselves.
final class MemoryRelease: Sendable {
    private struct State {
        /// Resident bytes after the last release, or the least since.
        var floor = Int.max
        var isRunning = false
        /// In the loop's uptime: what is given up is soon wanted again where much is asked for.
        var nextRelease = Duration.zero
    }
    private let loop: any Loop
    private let worker: any Worker
    /// Has others give up what they could do without.
    private let shed: @Sendable () -> Void
    private let interval = Duration.seconds(10)
    private let pause = Duration.seconds(30)
    /// Growth that is not worth the work.
    private let slack = 16 << 20
    private let state = Mutex(State())

    init(loop: any Loop, shed: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.shed = shed
        worker = loop.makeWorker(named: "memory")
    }

    func start() {
        state.withLock { $0.isRunning = true }
        scheduleNext()
    }

    func stop() {
        state.withLock { $0.isRunning = false }
        worker.stop()
    }

    private func scheduleNext() {
        loop.schedule(after: interval) { [weak self] in
            guard let self, state.withLock({ $0.isRunning }) else { return }
            worker.submit { [weak self] in self?.look() }
            scheduleNext()
        }
    }

    /// On the worker: an allocator may take some milliseconds.
    private func look() {
        guard let resident = ProcessCollector.residentBytes() else { return }
        let isPeak = state.withLock { state in
            guard state.floor != .max, resident > state.floor + state.floor / 10 + slack else {
                state.floor = min(state.floor, resident)
                return false
            }
            guard loop.uptime >= state.nextRelease else { return false }
            state.nextRelease = loop.uptime + pause
            return true
        }
        guard isPeak else { return }
        shed()
        // They do it on threads of their own.
        loop.schedule(after: .milliseconds(500)) { [weak self] in
            guard let self else { return }
            worker.submit { [weak self] in self?.giveBack(resident) }
        }
    }

    private func giveBack(_ resident: Int) {
        Self.release()
        let left = ProcessCollector.residentBytes() ?? resident
        state.withLock { $0.floor = left }
    }

    /// Whichever allocator the program is linked with.
    private static func release() {
        if let symbol = dlsym(nil, "MallocExtension_ReleaseFreeMemory") {
            unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
        }
        if let symbol = dlsym(nil, "malloc_trim") {
            _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)(0)
        }
    }
}
