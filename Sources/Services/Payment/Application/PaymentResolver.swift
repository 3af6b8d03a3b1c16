import Contracts
import Kernel
import PaymentProviders
import ServiceHost
import Storage
import Telemetry

/// Finds out what became of charges that were not confirmed: asks the provider with the same key, after 2 s, 4 s, 8 s,
/// and then at the longest of these, until it is known.
struct PaymentResolver: Sendable {
    let context: ServiceContext
    let payments: Repository<Payment>
    let provider: any PaymentProvider
    let step: PaymentStep
    let settings: PaymentSettings

    func run() async throws {
        while !Task.isCancelled {
            try await context.loop.sleep(for: settings.resolveInterval)
            do {
                try await resolveDue()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                context.log.warning("payments could not be resolved this time", ["error": .string("\(error)")])
            }
        }
    }

    func resolveDue() async throws {
        let due = try await payments.page(
            PageRequest(number: 0, size: 100, sort: [Sort("checkAt")]),
            where: [Condition("checkAt", .lessOrEqual, .integer(context.loop.now.milliseconds))])
        for payment in due.items { try await resolve(payment) }
    }

    private func resolve(_ payment: Payment) async throws {
        let lookup = await provider.find(payment.charge)
        // The provider has no charge with this key, and the key makes a late first one and this one the same.
        let outcome = lookup == .absent ? await provider.charge(payment.charge) : lookup.outcome
        try await context.transaction { tx in
            guard let payment = try await payments.find(payment.id, in: tx) else { return }
            _ = try await record(outcome, for: payment, in: tx)
        }
    }

    private func record(
        _ outcome: ChargeOutcome, for payment: Payment, in tx: any Transaction
    ) async throws -> Payment {
        switch outcome {
        case .captured(let reference): return try await step.captured(payment, reference: reference, in: tx)
        case .refused(let reason): return try await step.refused(payment, reason: reason, in: tx)
        case .accepted(let reference) where payment.attempt.state != .accepted:
            return try await step.accepted(
                payment, reference: reference, checkAfter: settings.confirmationTimeout, in: tx)
        case .accepted, .notSent, .unknown:
            let delays = settings.retryDelays
            let next = delays[min(payment.attempt.checks, delays.count - 1)]
            return try await step.unknown(payment, checkAfter: next, in: tx)
        }
    }
}

extension ChargeLookup {
    var outcome: ChargeOutcome {
        switch self {
        case .captured(let reference): .captured(reference: reference)
        case .refused(let reason): .refused(reason: reason)
        case .pending(let reference): .accepted(reference: reference)
        case .absent: .unknown(reason: "the provider has no such charge")
        case .unknown(let reason): .unknown(reason: reason)
        }
    }
}
