import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry
import Webhooks

/// Delivers callbacks until each was answered 2xx as often as the faults want it delivered.
struct CallbackSending: Sendable {
    let context: ServiceContext
    let charges: Repository<SimulatedCharge>
    let callbacks: Repository<PendingCallback>
    let injector: FaultInjector
    let payment: Peer
    let secret: WebhookSecret
    let wake: Signal
    private let batch = 64

    init(
        context: ServiceContext, charges: Repository<SimulatedCharge>, callbacks: Repository<PendingCallback>,
        injector: FaultInjector, payment: Peer, secret: WebhookSecret, wake: Signal
    ) {
        self.context = context
        self.charges = charges
        self.callbacks = callbacks
        self.injector = injector
        self.payment = payment
        self.secret = secret
        self.wake = wake
    }

    func run() async throws {
        while !Task.isCancelled {
            do {
                if try await sendDue() < batch { await wake.wait(on: context.loop, atMost: .milliseconds(200)) }
            } catch {
                context.log.warning("callbacks could not be read this time", ["error": .string("\(error)")])
                try await context.loop.sleep(for: .seconds(1))
            }
            try Task.checkCancellation()
        }
    }

    func sendDue() async throws -> Int {
        let due = try await callbacks.all(
            Query(
                where: [Condition("dueAt", .lessOrEqual, .integer(context.loop.now.milliseconds))],
                sort: [Sort("dueAt")], limit: batch))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for callback in due { group.addTask { try await send(callback) } }
            try await group.waitForAll()
        }
        return due.count
    }

    private func send(_ callback: PendingCallback) async throws {
        guard let charge = try await charges.find(callback.chargeId) else { return }
        var callback = callback
        while callback.remaining > 0, await deliver(charge, id: callback.id) { callback.remaining -= 1 }
        if callback.remaining == 0 {
            _ = try await callbacks.delete(id: callback.id)
        } else {
            callback.tries += 1
            callback.dueAt = context.loop.now + .seconds(1 << min(callback.tries, 6))
            _ = try await callbacks.update(callback)
        }
    }

    private func deliver(_ charge: SimulatedCharge, id: String) async -> Bool {
        let message = SimulatorCallback(
            type: charge.status == .captured ? "charge.captured" : "charge.refused",
            charge: charge.message(status: charge.status))
        do {
            let body = try JSON.encode(message)
            if injector.happens(\.wrongSignatures) {
                _ = try await post(body, id: id, headers: ["webhook-signature": "v1,d3Jvbmc="])
            }
            let signed = StandardWebhook.headers(id: id, body: body, secret: secret, at: context.loop.now)
            return try await post(body, id: id, headers: signed).isSuccess
        } catch {
            return false
        }
    }

    private func post(_ body: Data, id: String, headers: Headers) async throws -> Response {
        var headers = headers
        headers["Content-Type"] = "application/json"
        headers["webhook-id"] = id
        if headers["webhook-timestamp"] == nil {
            headers.add("webhook-timestamp", String(context.loop.now.milliseconds / 1000))
        }
        return try await payment.send(
            .post, "/api/payments/callbacks/simulator", headers: headers, body: body, timeout: .seconds(5))
    }
}
