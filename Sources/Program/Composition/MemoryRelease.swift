import Glibc
import Kernel
import Synchronization
import Telemetry

/// Returns free memory to the system after a peak, since allocators keep it otherwise.
final class MemoryRelease: Sendable {
    private struct State {
        /// Resident bytes after the last release, or the least since.
        var floor = Int.max
        var isRunning = false
        /// The uptime of the loop at the last release. Under load, released memory would soon be needed again.
        var nextRelease = Duration.zero
    }
    private let loop: any Loop
    private let worker: any Worker
    /// Asks the services to release caches.
    private let shed: @Sendable () -> Void
    private let interval = Duration.seconds(10)
    private let pause = Duration.seconds(30)
    /// The growth in bytes below which a release is not worth the work.
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

    /// Runs on the worker, because an allocator may need some milliseconds.
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
        // The services release their caches on threads of their own.
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

    /// The release function of the allocator that the program is linked with.
    private static func release() {
        if let symbol = dlsym(nil, "MallocExtension_ReleaseFreeMemory") {
            unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
        }
        if let symbol = dlsym(nil, "malloc_trim") {
            _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)(0)
        }
    }
}
