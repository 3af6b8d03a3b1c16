import Idempotency
import Kernel
import ServiceHost
import Storage
import Synchronization

/// Attempts that a transaction began and nobody waits for. Each is called for as soon as it is durable; what finds no
/// room here, or is lost with the process, the resolver takes up when its time to be checked has come.
final class PaymentCalls: Sendable {
    struct Call: Sendable {
        let payment: Payment
        let attempt: PaymentAttempt
        /// Of the request that would ask for the same.
        var claim: IdempotencyClaim?
    }
    private struct State {
        var waiting: [Call] = []
        var running = 0
    }
    private static let maximumWaiting = 10_000
    private let maximumRunning: Int
    private let loop: any Loop
    private let state = Mutex(State())
    private let signal = Signal()

    init(atOnce maximumRunning: Int, on loop: any Loop) {
        self.maximumRunning = maximumRunning
        self.loop = loop
    }

    func add(_ call: Call, in tx: any Transaction) {
        tx.afterCommit { [self] in add(call) }
    }

    func add(_ call: Call) {
        state.withLock { state in
            if state.waiting.count < Self.maximumWaiting { state.waiting.append(call) }
        }
        signal.raise()
    }

    /// Hands each call to `perform`, so many at once as allowed, until cancelled.
    func run(_ perform: @escaping @Sendable (Call) async -> Void) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for call in next() {
                    group.addTask { [self] in
                        await perform(call)
                        state.withLock { $0.running -= 1 }
                        signal.raise()
                    }
                }
                await signal.wait(on: loop)
            }
        }
    }

    private func next() -> [Call] {
        state.withLock { state in
            let calls = Array(state.waiting.prefix(max(0, maximumRunning - state.running)))
            state.waiting.removeFirst(calls.count)
            state.running += calls.count
            return calls
        }
    }
}
