import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// The use case behind a provider's callback: verified on its raw bytes, its id kept uniquely, applied once.
struct CallbackReceiving: Sendable {
    private let context: ServiceEnvironment
    private let callbacks: Repository<CallbackRecord>
    private let provider: any PaymentProvider
    private let matching: CallbackMatching
    private let outcomes: MetricFamily<Counter>

    init(
        context: ServiceEnvironment, callbacks: Repository<CallbackRecord>, provider: any PaymentProvider,
        matching: CallbackMatching
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
                throw Problem.unavailable(error.message)
            }
        }
    }

    private func apply(_ record: CallbackRecord, in tx: any Transaction) async throws -> Outcome {
        var record = record
        let payment = try await matching.payment(of: record, in: tx)
        record.isMatched = true
        // The id first: what came before must not be applied again.
        guard try await callbacks.insertIfAbsent(record, in: tx) else { return .duplicate }
        let adoption = try await payment.asyncMap { try await matching.apply(record, to: $0, in: tx) } ?? .unmatched
        switch adoption {
        case .applied: return .applied
        case .keptApart: return .keptApart
        case .unmatched:
            record.version = 1
            record.isMatched = false
            record.retryAt = context.loop.now + CallbackMatching.firstDelay
            try await callbacks.update(record, in: tx)
            return .unmatched
        }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let value = self else { return nil }
        return try await transform(value)
    }
}
