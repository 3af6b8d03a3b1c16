import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import Storage
import Telemetry

/// Delivers callbacks until each was answered 2xx as often as the faults want it delivered.
struct CallbackSending: Sendable {
    let context: ServiceContext
    let callbacks: Repository<PendingCallback>
    let dialects: CallbackDialects
    let injector: FaultInjector
    let wake: Signal

    private static let batch = 64
    /// The last tries are 64 s apart: about a day, as providers do.
    private static let tries = 1400
    private static let timeout = Duration.seconds(5)
    /// Older than any receiver tolerates.
    private static let stale = Duration.seconds(3600)

    func run() async throws {
        while !Task.isCancelled {
            do {
                guard try await sendDue() < Self.batch else { continue }
                await wake.wait(on: context.loop, atMost: try await untilNext())
            } catch {
                context.log.warning("callbacks could not be read this time", ["error": .string(ErrorText.of(error))])
                try await context.loop.sleep(for: .seconds(1))
            }
            try Task.checkCancellation()
        }
    }

    /// How long nothing is due. A callback that is added wakes the loop; this bounds the wait where a wake-up was missed.
    private func untilNext() async throws -> Duration {
        let next = try await callbacks.all(Query(sort: [Sort("dueAt")], limit: 1)).first
        guard let next else { return Self.longestWait }
        return min(max(next.dueAt - context.loop.now, .milliseconds(1)), Self.longestWait)
    }

    private static let longestWait = Duration.seconds(60)

    /// Those of one order one after the other, orders side by side. Returns how many were due.
    func sendDue() async throws -> Int {
        let due = try await callbacks.all(
            Query(
                where: [.lessOrEqual("dueAt", .integer(context.loop.now.milliseconds))],
                sort: [Sort("dueAt")], limit: Self.batch))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for ofOneOrder in Dictionary(grouping: due, by: \.orderId).sorted(by: { $0.key < $1.key }).map(\.value) {
                group.addTask { for callback in ofOneOrder { try await send(callback) } }
            }
            try await group.waitForAll()
        }
        return due.count
    }

    private func send(_ callback: PendingCallback) async throws {
        var callback = callback
        while callback.remaining > 0, await deliver(callback) { callback.remaining -= 1 }
        let isDone = callback.remaining == 0
        callback.tries += 1
        callback.dueAt = context.loop.now + .seconds(1 << min(callback.tries, 6))
        let changed = callback
        try await context.transaction { tx in
            guard !isDone, changed.tries < Self.tries else {
                try await callbacks.delete(id: changed.id, in: tx)
                if isDone { try await release(changed, in: tx) }
                return
            }
            try await callbacks.update(changed, in: tx)
        }
    }

    /// What waited to be overtaken by this one goes next.
    private func release(_ callback: PendingCallback, in tx: any Transaction) async throws {
        let held = try await callbacks.all(
            Query(where: [.equal("heldFor", .text(callback.orderId))], limit: Self.batch), in: tx)
        for var other in held where other.id < callback.id {
            other.isHeld = false
            other.dueAt = context.loop.now
            try await callbacks.update(other, in: tx)
            tx.afterCommit { wake.raise() }
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
        return try await target.peer.send(
            .post, target.path, headers: headers, body: delivery.body, timeout: Self.timeout)
    }
}
