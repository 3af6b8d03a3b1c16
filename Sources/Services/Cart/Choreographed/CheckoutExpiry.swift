import Contracts
import Kernel
import ServiceHost
import Storage

/// Nobody leads a choreographed checkout, so that cart looks for those that take too long and says so: again and again,
/// as its order may only come to be when a service is back.
struct CheckoutExpiry: Sendable {
    let context: ServiceContext
    let checkouts: Repository<Checkout>
    let ending: CheckoutEnding
    let patience: Duration
    let interval: Duration

    /// Each is noted as given up, and comes again only after all others.
    private static let batch = 100

    func run() async throws {
        try await context.repeating(
            every: interval, failure: "checkouts could not be looked through this time", expireDue)
    }

    func expireDue() async throws {
        let limit = context.loop.now - patience
        // Those alone that are due and that nobody leads: however many others run, none of these is passed over.
        let due = try await checkouts.all(
            Query(where: [.lessOrEqual("expiryAt", FieldValue(limit))], sort: [Sort("expiryAt")], limit: Self.batch))
        for checkout in due {
            try await context.transaction { tx in
                guard let current = try await ending.giveUp(checkout.id, for: .timedOut, in: tx) else { return }
                try await context.publish(
                    CheckoutExpired(orderId: current.id, cartId: current.cartId, customerId: current.customerId),
                    about: current.id, version: current.version, in: tx)
            }
        }
    }
}
