package import Kernel
import Synchronization

/// Lets in a few scans at a time, each for a bounded time; those that come when too many wait, or that wait too long,
/// are refused. Scans that no index answers never take the last place.
package final class ScanGate: Sendable {
    private struct Waiter {
        let number: Int
        let isIndexed: Bool
        let timer: ScheduledAction
        let continuation: CheckedContinuation<Int, any Error>
    }
    private struct State {
        /// Those that are given out last come first: few readers stay warm.
        var free: [Int]
        var heavy = 0
        var waiters: [Waiter] = []
        var running: [Int: ReadStop] = [:]
        var cancelled: Set<Int> = []
        var nextNumber = 0
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

    /// Runs `body` at one of the places, which are numbered from 0, within the time limit. Throws `StorageError`
    /// `.overloaded` if there is none in time.
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

    /// Ends the scans that run and those that wait, and refuses others: for a graceful stop.
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

    /// The outcome for one who has just come; `nil` if it waits.
    private func admit(_ waiter: Waiter, _ state: inout State) -> Result<Int, any Error>? {
        if state.cancelled.remove(waiter.number) != nil { return .failure(CancellationError()) }
        if let end = state.end { return .failure(end) }
        // Those who came before have been looked at already: none of them could use what is free.
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
