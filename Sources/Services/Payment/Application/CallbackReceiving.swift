import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// The use case behind a provider's callback: verified on its raw bytes, its id kept uniquely, applied once.
struct CallbackReceiving: Sendable {
    private let context: ServiceContext
    private let payments: Repository<Payment>
    private let callbacks: Repository<CallbackRecord>
    private let provider: any PaymentProvider
    private let step: PaymentStep
    private let outcomes: MetricFamily<Counter>

    init(
        context: ServiceContext, payments: Repository<Payment>, callbacks: Repository<CallbackRecord>,
        provider: any PaymentProvider, step: PaymentStep
    ) {
        self.context = context
        self.payments = payments
        self.callbacks = callbacks
        self.provider = provider
        self.step = step
        outcomes = context.metrics.counter(
            "sambal_payment_callbacks_total", help: "Callbacks by what became of them.", labels: ["outcome"])
    }

    func receive(_ request: Request) async throws -> Response {
        let name = request.parameters["provider"] ?? ""
        guard name == provider.name else { throw Problem.notFound("provider \(name)") }
        let callback = try await verified(request)
        count(try await context.transaction { tx in try await apply(callback, in: tx) })
        return Response(status: 204)
    }

    private enum Outcome: String, Sendable {
        case applied, duplicate, unmatched, forged, unreadable, unconfirmed
    }

    private func count(_ outcome: Outcome) { outcomes.labelled(outcome.rawValue).increment() }

    private func verified(_ request: Request) async throws -> ProviderCallback {
        do {
            return try await provider.callback(in: request, at: context.loop.now)
        } catch {
            context.log.warning("callback refused", ["reason": .string(error.message)])
            switch error.kind {
            case .forged:
                count(.forged)
                throw Problem(status: 401, detail: error.message)
            case .unreadable:
                count(.unreadable)
                throw Problem(status: 400, detail: error.message)
            case .unconfirmed:
                count(.unconfirmed)
                throw Problem.unavailable(error.message)
            }
        }
    }

    private func apply(_ callback: ProviderCallback, in tx: any Transaction) async throws -> Outcome {
        var record = CallbackRecord(callback, provider: provider.name, at: context.loop.now)
        let payment = try await payments.first(where: [Condition("orderId", .equal, .text(callback.orderId))], in: tx)
        let attempt = payment.flatMap { record.attempt(of: $0) }
        let isLate = attempt == nil && payment?.isNeverBegun == true && record.tellsOfTakenMoney
        record.isMatched = attempt != nil || isLate
        guard try await callbacks.insertIfAbsent(record, in: tx) else { return .duplicate }
        if isLate, let payment, try await step.adopt(record, for: payment, in: tx) != nil { return .applied }
        guard let payment, let attempt else {
            context.log.warning("callback without a payment to match", ["order": .string(callback.orderId)])
            return .unmatched
        }
        _ = try await step.settle(payment, attempt: attempt.id, record.news, in: tx)
        return .applied
    }
}
