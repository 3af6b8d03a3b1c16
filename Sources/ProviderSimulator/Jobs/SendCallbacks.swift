import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import Storage

/// Delivers callbacks until each was answered 2xx as often as the faults want it delivered.
struct SendCallbacks: Sendable {
    let context: ServiceEnvironment
    let callbacks: Repository<PendingCallback>
    let dialects: CallbackDialects
    let injector: FaultInjector
    let trigger: JobTrigger<PendingCallback>

    /// The last tries are 64 s apart: about a day, as providers do.
    private static let retry = RetryPolicy(
        maximumRetries: 1399, firstDelay: .seconds(2), maximumDelay: .seconds(64))
    private static let timeout = Duration.seconds(5)
    /// Older than any receiver tolerates.
    private static let stale = Duration.seconds(3600)

    /// Those of one order one after the other, orders side by side.
    var job: Job<PendingCallback> {
        Job(
            "send callbacks", in: callbacks, context,
            JobPlan(due: "dueAt", every: .seconds(60), atOnce: 64, retry: Self.retry, isPunctual: true),
            trigger: trigger, key: { $0.orderId }, work: send)
    }

    private func send(_ callback: PendingCallback) async throws {
        var callback = callback
        while callback.remaining > 0, await deliver(callback) { callback.remaining -= 1 }
        let isDone = callback.remaining == 0
        callback.tries += 1
        let delay = Self.retry.nextDelay(after: callback.tries)
        callback.dueAt = context.loop.now + (delay ?? .zero)
        let changed = callback
        try await context.transaction { tx in
            guard !isDone, delay != nil else {
                try await callbacks.delete(id: changed.id, in: tx)
                if isDone { try await release(changed, in: tx) }
                return
            }
            try await callbacks.update(changed, in: tx)
        }
    }

    /// Sends the callback that waited to be overtaken by this one.
    private func release(_ callback: PendingCallback, in tx: any Transaction) async throws {
        let held = try await callbacks.all(
            Query(where: [.equal("heldFor", .text(callback.orderId))], limit: 64), in: tx)
        for var other in held where other.id < callback.id {
            other.isHeld = false
            other.dueAt = context.loop.now
            try await callbacks.update(other, in: tx)
            trigger.wake(after: tx)
        }
    }

    private func deliver(_ callback: PendingCallback) async -> Bool {
        guard let dialect = dialects[callback.dialect], let target = dialect.target else { return true }
        let now = context.loop.now
        do {
            if injector.happens(.wrongSignatures, to: callback.action) {
                _ = try await post(dialect.delivery(of: callback, signedAt: now, isForged: true), to: target)
            }
            let isStale = injector.happens(.staleCallbacks, to: callback.action)
            let signedAt = isStale ? now - Self.stale : now
            return try await post(
                dialect.delivery(of: callback, signedAt: signedAt, isForged: false), to: target
            ).isSuccess
        } catch {
            return false
        }
    }

    private func post(_ delivery: (headers: Headers, body: Data), to target: CallbackTarget) async throws -> Response {
        var headers = delivery.headers
        headers["Content-Type"] = "application/json"
        return try await target.client.send(
            .post, target.path, headers: headers, body: delivery.body, timeout: Self.timeout)
    }
}
