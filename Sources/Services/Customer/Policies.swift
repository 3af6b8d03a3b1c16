import Contracts
import Messaging
import ServiceHost
import Storage

/// Customer's part in checkouts that nobody leads: says who buys and where it goes.
struct AddressConfirming: Sendable {
    let context: ServiceEnvironment
    let customers: Repository<Customer>

    func confirm(_ reserved: StockReserved, in tx: any Transaction) async throws {
        let checkout = reserved.checkout
        guard let customer = try await customers.find(checkout.customerId, in: tx) else {
            return try await reject(checkout, "there is no customer \(checkout.customerId)", in: tx)
        }
        guard let details = customer.deliveryDetails else {
            return try await reject(checkout, "the customer has no address", in: tx)
        }
        let order = CreateOrder(
            orderId: checkout.orderId, cartId: checkout.cartId, checkout: .choreographed, branchId: checkout.branchId,
            items: reserved.items, currency: reserved.currency, buyer: details.buyer, address: details.address)
        try await publish(AddressConfirmed(order: order), about: checkout, in: tx)
    }

    private func reject(_ checkout: CheckoutRequested, _ reason: String, in tx: any Transaction) async throws {
        try await publish(AddressRejected(orderId: checkout.orderId, reason: reason), about: checkout, in: tx)
    }

    /// Publishes the one event that customer publishes per order, so that its version is always 1.
    private func publish(
        _ payload: some EventPayload, about checkout: CheckoutRequested, in tx: any Transaction
    ) async throws {
        try await context.publish(payload, about: checkout.orderId, version: 1, in: tx)
    }
}
