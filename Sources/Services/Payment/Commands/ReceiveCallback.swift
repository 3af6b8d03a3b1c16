import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Handles a provider's callback: verifies it on its raw bytes, keeps its identifier uniquely, and applies it once.
struct ReceiveCallback: Sendable {
    private let context: ServiceEnvironment
    private let callbacks: Repository<CallbackRecord>
    private let provider: any PaymentProvider
    private let matching: MatchCallbacks
    private let outcomes: MetricFamily<Counter>

    init(
        context: ServiceEnvironment, callbacks: Repository<CallbackRecord>, provider: any PaymentProvider,
        matching: MatchCallbacks
    ) {
        self.context = context
        self.callbacks = callbacks
        self.provider = provider
        self.matching = matching
        outcomes = context.metrics.counter(
            "sambal_payment_callbacks_total", help: "Callbacks by what became of them.", labels: ["outcome"])
    }

    func receive(_ request: Request) async throws -> Response {
        let name: String = try request.parameter("provider")
        guard name == provider.name else { throw Problem.notFound("provider \(name)") }
        let callback = try await verified(request)
        guard let record = CallbackRecord(callback, provider: name, at: context.loop.now) else {
            count(.ignored)
            return Response(status: provider.acknowledgement)
        }
        count(try await context.transaction { tx in try await apply(record, in: tx) })
        return Response(status: provider.acknowledgement)
    }

    private enum Outcome: String, Sendable {
        case applied, duplicate, unmatched, ignored, forged, unreadable, unconfirmed
        case keptApart = "kept apart"
    }

    private func count(_ outcome: Outcome) { outcomes.labelled(outcome.rawValue).increment() }

    private func verified(_ request: Request) async throws -> ProviderCallback {
        do {
            return try await provider.callback(in: request, at: context.loop.now)
        } catch {
            context.log.warning("callback refused", metadata: ["reason": .string(error.message)])
            switch error.kind {
            case .forged:
                count(.forged)
                throw Problem(status: 401, detail: error.message)
            case .unreadable:
                count(.unreadable)
                throw Problem(status: 400, detail: error.message)
            case .unconfirmed:
                count(.unconfirmed)
                throw Problem.unavailable(error.message, dependency: PaymentAnswer.provider)
            }
        }
    }

    private func apply(_ record: CallbackRecord, in tx: any Transaction) async throws -> Outcome {
        var record = record
        let payment = try await matching.payment(of: record, in: tx)
        record.isMatched = true
        // The id first: what came before must not be applied again.
        guard try await callbacks.insertIfAbsent(record, in: tx) else { return .duplicate }
        let adoption: PaymentStep.Adoption =
            if let payment { try await matching.apply(record, to: payment, in: tx) } else { .unmatched }
        switch adoption {
        case .applied: return .applied
        case .keptApart: return .keptApart
        case .unmatched:
            record.version = 1
            record.isMatched = false
            record.retryAt = context.loop.now + MatchCallbacks.firstDelay
            try await callbacks.update(record, in: tx)
            return .unmatched
        }
    }
}

/// A callback that the service has accepted. If it had an effect, its record is never deleted, because a provider may
/// repeat a callback after days.
struct CallbackRecord: Entity {
    /// The provider's name and its `callback_id`.
    let id: String
    var version: Int64 = 0
    private(set) var orderId: String
    let reference: String
    let refundReference: String?
    let idempotencyKey: String?
    let amount: Int64
    let currency: Currency
    let action: ProviderAction?
    let succeeded: Bool
    let reason: String?
    /// The dispute of a callback about a chargeback.
    let disputeId: String?
    let disputeStage: DisputeStage?
    let receivedAt: Timestamp
    /// `false` until there are a payment, and an attempt of it, to which the callback belongs.
    var isMatched = false
    /// The time at which matching is retried; `nil` if it is not retried.
    var retryAt: Timestamp?

    static let collection = Collection<CallbackRecord>(
        "callbacks",
        fields: [
            .text("orderId", indexed: true) { $0.orderId },
            .boolean("isMatched") { $0.isMatched },
            .time("receivedAt") { $0.receivedAt },
            .time("retryAt", indexed: true) { $0.retryAt },
        ])

    /// Makes the record of a callback; `nil` for a callback that does not concern payments, which is not stored.
    init?(_ callback: ProviderCallback, provider: String, at time: Timestamp) {
        id = provider + "|" + callback.id
        orderId = callback.orderId
        reference = callback.reference
        refundReference = callback.refundReference
        idempotencyKey = callback.idempotencyKey
        amount = callback.money.amount
        currency = callback.money.currency
        receivedAt = time
        switch callback.event {
        case .succeeded(let action):
            (self.action, succeeded, reason, disputeId, disputeStage) = (action, true, nil, nil, nil)
        case .refused(let action, let reason):
            (self.action, succeeded, self.reason, disputeId, disputeStage) = (action, false, reason, nil, nil)
        case .disputed(let id, let stage):
            (action, succeeded, reason, disputeId, disputeStage) = (nil, false, nil, id, stage)
        case .other: return nil
        }
    }

    /// Returns a copy that names the given order, after a person has decided to which order the callback belongs.
    func of(_ orderId: String) -> CallbackRecord {
        var record = self
        record.orderId = orderId
        return record
    }

    var provider: String { String(id.prefix { $0 != "|" }) }
    var money: Money { Money(amount, currency) }

    /// The movement that the callback reports; `nil` if the callback is about a dispute.
    var movement: ProviderMovement? {
        action.map { action in
            let isCharge = action == .charge || action == .authorise
            return ProviderMovement(
                action: action, money: money, orderId: orderId,
                reference: refundReference ?? (reference.isEmpty ? nil : reference),
                chargeReference: isCharge || reference.isEmpty ? nil : reference, idempotencyKey: idempotencyKey)
        }
    }
}
