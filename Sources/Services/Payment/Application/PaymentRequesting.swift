import Contracts
import HTTP
import Idempotency
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// The use case behind `POST /api/payments`: the payment and its key are durable before the provider hears of it.
struct PaymentRequesting: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>
    let idempotency: IdempotencyStore
    let provider: any PaymentProvider
    let step: PaymentStep
    let settings: PaymentSettings

    func request(_ request: Request, _ command: RequestPayment) async throws -> Response {
        let key = try requiredKey(of: request)
        try validate(command)
        switch try await begin(command, key: key, request) {
        case .replay(let response):
            return response
        case .resumed(let payment, let claim):
            // An earlier try died on the way. What it did at the provider is the resolver's to find out.
            return try await context.transaction { tx in
                let response = try answer(for: payment)
                try await idempotency.complete(claim, with: response, in: tx)
                return response
            }
        case .begun(let payment, let claim):
            let outcome = await provider.charge(payment.charge)
            return try await record(outcome, for: payment, claim: claim).get()
        }
    }

    private var lease: Duration { settings.providerTimeout + .seconds(2) }

    private func requiredKey(of request: Request) throws -> IdempotencyKey {
        guard let key = try IdempotencyKey(request.headers, client: "", required: true) else {
            throw Problem.invalid(IdempotencyKey.header, "is required")
        }
        return key
    }

    private enum Beginning: Sendable {
        case begun(Payment, IdempotencyClaim)
        case resumed(Payment, IdempotencyClaim)
        case replay(Response)
    }

    private func validate(_ command: RequestPayment) throws {
        var errors: [Problem.Field] = []
        if command.orderId.isEmpty || command.orderId.utf8.count > 64 {
            errors.append(.init(field: "orderId", message: "must have 1 to 64 characters"))
        }
        if command.amount <= 0 {
            errors.append(.init(field: "amount", message: "must be greater than 0, in minor units"))
        }
        guard errors.isEmpty else { throw Problem.invalid(errors) }
    }

    private func begin(_ command: RequestPayment, key: IdempotencyKey, _ request: Request) async throws -> Beginning {
        let newId = context.identifiers.next("PAY-")
        return try await context.transaction { tx in
            let claim: IdempotencyClaim
            var id = newId
            switch try await idempotency.begin(key, for: request, subject: newId, lease: lease, in: tx) {
            case .replay(let response): return .replay(response)
            case .started(let started): claim = started
            case .resumed(let resumed, let subject):
                claim = resumed
                if let standing = try await payments.find(subject, in: tx) { return .resumed(standing, resumed) }
                id = subject
            }
            let payment = Payment.request(
                id: id, orderId: command.orderId, money: Money(command.amount, command.currency),
                provider: provider.name, idempotencyKey: key.value, at: context.loop.now,
                checkAfter: settings.providerTimeout + settings.retryDelays[0])
            do {
                return .begun(try await payments.insert(payment, in: tx), claim)
            } catch let error as StorageError where error.code == .duplicate(field: "orderId") {
                throw Problem(status: 409, detail: "order \(command.orderId) already has a payment under another key")
            }
        }
    }

    private func record(
        _ outcome: ChargeOutcome, for asked: Payment, claim: IdempotencyClaim
    ) async throws -> Result<Response, Problem> {
        try await context.transaction { tx in
            // A callback may have been faster than the provider's answer: what is stored now counts.
            guard var payment = try await payments.find(asked.id, in: tx) else {
                throw Problem(status: 409, detail: "payment \(asked.id) was withdrawn")
            }
            switch outcome {
            case .notSent(let reason) where payment.version == asked.version:
                try await payments.delete(payment, in: tx)
                try await idempotency.release(claim, in: tx)
                return .failure(
                    Problem(
                        status: 503, title: "Payment not started", detail: reason, type: PaymentAPI.notStarted,
                        retryAfter: settings.retryDelays[0]))
            case .accepted(let reference):
                payment = try await step.accepted(
                    payment, reference: reference, checkAfter: settings.confirmationTimeout, in: tx)
            case .captured(let reference): payment = try await step.captured(payment, reference: reference, in: tx)
            case .refused(let reason): payment = try await step.refused(payment, reason: reason, in: tx)
            case .unknown, .notSent:
                payment = try await step.unknown(payment, checkAfter: settings.retryDelays[0], in: tx)
            }
            let response = try answer(for: payment)
            try await idempotency.complete(claim, with: response, in: tx)
            return .success(response)
        }
    }

    /// 201 once the provider's answer is known, 202 while it is being found out.
    private func answer(for payment: Payment) throws -> Response {
        let receipt = payment.receipt
        var response = try Response.json(receipt, status: receipt.status == .unknown ? 202 : 201)
        response.headers.add("Location", "/payments/\(payment.id)")
        return response
    }
}

extension Payment {
    var charge: Charge { Charge(orderId: orderId, money: money, idempotencyKey: attempt.idempotencyKey) }

    var receipt: PaymentReceipt {
        let status: PaymentReceipt.Status =
            switch (self.status, attempt.state) {
            case (.captured, _): .captured
            case (.failed, _): .failed
            case (.pending, .accepted): .pending
            case (.pending, _): .unknown
            }
        return PaymentReceipt(id: id, orderId: orderId, status: status, version: version, reason: failureReason)
    }
}
