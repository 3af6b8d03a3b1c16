import Contracts
import Kernel
import ServiceHost
import Storage

/// How a checkout ends, whoever led it: with its cart and its event, in one transaction.
struct CheckoutEnding: Sendable {
    let context: ServiceEnvironment
    let carts: Repository<Cart>
    let checkouts: Repository<Checkout>
    let watch: CheckoutWatch

    func complete(_ orderId: String, in tx: any Transaction) async throws {
        try await end(orderId, in: tx) { checkout, cart in
            checkout.complete(at: context.loop.now)
            cart.ordered()
        }
    }

    func fail(
        _ orderId: String, _ failure: CheckoutFailure, reason: String, in tx: any Transaction
    ) async throws {
        try await end(orderId, in: tx) { checkout, cart in
            // Its order was cancelled because the checkout was given up.
            let cause = failure == .cancelled ? checkout.givenUpFor ?? failure : failure
            checkout.fail(cause, reason: reason, at: context.loop.now)
            cart.reopen(cause)
        }
    }

    /// It will fail, once its order is cancelled. Nothing happens if it has ended.
    func giveUp(_ orderId: String, for failure: CheckoutFailure, in tx: any Transaction) async throws {
        guard var checkout = try await checkouts.find(orderId, in: tx), checkout.status == .running else { return }
        checkout.giveUp(for: failure, at: context.loop.now)
        try await checkouts.update(checkout, in: tx)
    }

    /// The first end counts.
    private func end(
        _ orderId: String, in tx: any Transaction, _ change: (inout Checkout, inout Cart) -> Void
    ) async throws {
        guard var checkout = try await checkouts.find(orderId, in: tx), checkout.status == .running,
            var cart = try await carts.find(checkout.cartId, in: tx)
        else { return }
        change(&checkout, &cart)
        try await checkouts.update(checkout, in: tx)
        try await carts.update(cart, in: tx)
        tx.afterCommit { [watch] in watch.ended(orderId) }
    }
}
