import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Takes the deferred steps when they are due, one after the other.
struct TakeDeferredSteps: Sendable {
    let context: ServiceEnvironment
    let cashier: Cashier
    let steps: DeferredSteps

    var job: Job<DeferredStep> {
        Job(
            "take deferred steps", in: steps.steps, context,
            JobPlan(due: "dueAt", every: .seconds(60), atOnce: 1, isPunctual: true), trigger: steps.trigger, work: take)
    }

    private func take(_ step: DeferredStep) async throws {
        _ = try await cashier.change(step.kind == .fail ? .refund : .charge) { tx in
            try await steps.steps.delete(id: step.id, in: tx)
            return switch step.kind {
            case .succeed: try await cashier.book.decide(step.lineId, refusal: nil, in: tx)
            case .fail: try await cashier.book.decide(step.lineId, refusal: "insufficient funds", in: tx)
            case .settle: try await cashier.book.settle(step.lineId, in: tx)
            }
        }
    }
}
