import Contracts
import Kernel
import ServiceHost
import Storage

/// Nobody leads a choreographed checkout, so that cart looks for those that take too long and says so: again and again,
/// as its order may only come to be when a service is back.
struct ExpireCheckouts: Sendable {
    let context: ServiceEnvironment
    let checkouts: Repository<Checkout>
    let ending: CheckoutEnding
    let patience: Duration
    let interval: Duration

    var job: Job<Checkout> {
        // Those alone have the field that nobody leads. One after the other: none of them is in a hurry.
        Job(
            "expire checkouts", in: checkouts, context,
            JobPlan(due: "expiryAt", every: interval, lateness: patience, atOnce: 1), work: expire)
    }

    private func expire(_ checkout: Checkout) async throws {
        try await context.transaction { tx in
            // Another process may have been faster.
            guard try await checkouts.find(checkout.id, in: tx)?.version == checkout.version else { return }
            try await ending.giveUp(checkout.id, for: .timedOut, in: tx)
        }
    }
}
