package import Kernel
import Synchronization

/// Admits a few scans at a time, each for a bounded time. A scan is refused if too many wait already, or if it has
/// waited too long. Scans without an index never take the last place, so that indexed scans can always run. (If there
/// is only one place, they share it.)
package final class ScanGate: Sendable {
    private struct Waiter {
        let number: Int
        let isIndexed: Bool
        let timer: ScheduledAction
        let continuation: CheckedContinuation<Int, any Error>
    }
    private struct State {
        /// The free places, as a stack. The place that was freed last is taken first, so that few readers are in use
        /// and their caches stay warm.
        var free: [Int]
        /// The number of scans without an index that run now.
        var heavy = 0
        var waiters: [Waiter] = []
        /// The stops of the scans that run now, by the number of the scan.
        var running: [Int: ReadStop] = [:]
        /// The scans whose task was cancelled before they had a place.
        var cancelled: Set<Int> = []
        var nextNumber = 0
        /// The error with which all scans are refused after `end()`.
        var end: StorageError?
    }
    private let loop: any Loop
    private let limits: ReadLimits
    private let heavyPlaces: Int
    private let state: Mutex<State>

    package init(_ limits: ReadLimits, loop: any Loop) {
        self.loop = loop
        self.limits = limits
        heavyPlaces = max(1, limits.scans - 1)
        state = Mutex(State(free: Array((0..<max(1, limits.scans)).reversed())))
    }

    /// Runs `body` at one of the places, which are numbered from 0, within `scanTime`. Throws `StorageError`
    /// `.overloaded` if no place becomes free in time.
    package func run<Value: Sendable>(
        isIndexed: Bool, _ body: (_ place: Int, ReadStop) async throws -> Value
    ) async throws -> Value {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let place = try await enter(number, isIndexed)
        let stop = ReadStop()
        let end = state.withLock { state in
            state.running[number] = stop
            return state.end
        }
        if let end { stop.stop(end) }
        let time = limits.scanTime
        let timer = loop.schedule(after: time) { stop.stop(Self.tooSlow(time)) }
        defer {
            timer.cancel()
            leave(number, place, isIndexed)
        }
        return try await withTaskCancellationHandler {
            try await body(place, stop)
        } onCancel: {
            stop.stop(CancellationError())
        }
    }

    /// Stops the scans that run, and refuses those that wait and all later ones, so that the service can stop gracefully.
    package func end() {
        let error = StorageError(.overloaded, "the service stops")
        let (waiters, running) = state.withLock { state in
            state.end = error
            defer { state.waiters = [] }
            return (state.waiters, Array(state.running.values))
        }
        for waiter in waiters { resume(waiter, .failure(error)) }
        for stop in running { stop.stop(error) }
    }

    package static func tooSlow(_ time: Duration) -> StorageError {
        StorageError(.tooSlow, "the query was stopped after \(time): it looks at too many rows")
    }

    // MARK: Places

    private func enter(_ number: Int, _ isIndexed: Bool) async throws -> Int {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let timer = ScheduledAction()
                let waiter = Waiter(number: number, isIndexed: isIndexed, timer: timer, continuation: continuation)
                let result = state.withLock { admit(waiter, &$0) }
                if let result { return continuation.resume(with: result) }
                loop.schedule(after: limits.scanTime) { [self] in
                    if !timer.isCancelled { giveUp(number, StorageError(.overloaded, "all places are taken")) }
                }
            }
        } onCancel: {
            state.withLock { _ = $0.cancelled.insert(number) }
            giveUp(number, CancellationError())
        }
    }

    /// Returns the place of a new scan, or the error that refuses it; `nil` if it has to wait.
    private func admit(_ waiter: Waiter, _ state: inout State) -> Result<Int, any Error>? {
        if state.cancelled.remove(waiter.number) != nil { return .failure(CancellationError()) }
        if let end = state.end { return .failure(end) }
        // No scan that waits could use a free place, or it would have taken the place when it became free.
        if let place = take(waiter.isIndexed, &state) { return .success(place) }
        guard state.waiters.count < limits.waitingScans else {
            return .failure(StorageError(.overloaded, "\(state.waiters.count) others wait already"))
        }
        state.waiters.append(waiter)
        return nil
    }

    private func take(_ isIndexed: Bool, _ state: inout State) -> Int? {
        guard isIndexed || state.heavy < heavyPlaces, let place = state.free.popLast() else { return nil }
        if !isIndexed { state.heavy += 1 }
        return place
    }

    private func leave(_ number: Int, _ place: Int, _ isIndexed: Bool) {
        let next = state.withLock { state -> (Waiter, Int)? in
            state.running[number] = nil
            state.cancelled.remove(number)
            state.free.append(place)
            if !isIndexed { state.heavy -= 1 }
            guard let index = state.waiters.firstIndex(where: { $0.isIndexed || state.heavy < heavyPlaces }) else {
                return nil
            }
            let waiter = state.waiters.remove(at: index)
            return take(waiter.isIndexed, &state).map { (waiter, $0) }
        }
        if let (waiter, place) = next { resume(waiter, .success(place)) }
    }

    private func giveUp(_ number: Int, _ error: any Error) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            state.cancelled.remove(number)
            return state.waiters.remove(at: index)
        }
        if let waiter { resume(waiter, .failure(error)) }
    }

    private func resume(_ waiter: Waiter, _ result: Result<Int, any Error>) {
        waiter.timer.cancel()
        waiter.continuation.resume(with: result)
    }
}
