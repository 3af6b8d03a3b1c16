import Contracts
import ServiceHost
import Storage

/// Customer's part in checkouts that nobody leads: says who buys and where it goes. Customer publishes one event per
/// order.
struct AddressConfirming: Sendable {
    let context: ServiceEnvironment
    let customers: Repository<Customer>

    func confirm(_ reserved: StockReserved, in tx: any Transaction) async throws {
        let checkout = reserved.checkout
        guard let customer = try await customers.find(checkout.customerId, in: tx), customer.isFor(checkout.owner)
        else {
            return try await reject(checkout, "there is no customer \(checkout.customerId)", in: tx)
        }
        guard let details = customer.deliveryDetails else {
            return try await reject(checkout, "the customer has no address", in: tx)
        }
        let order = CreateOrder(
            orderId: checkout.orderId, cartId: checkout.cartId, checkout: .choreographed, branchId: checkout.branchId,
            items: reserved.items, currency: reserved.currency, buyer: details.buyer, address: details.address,
            owner: checkout.owner)
        try await context.publish(AddressConfirmed(order: order), about: checkout.orderId, in: tx)
    }

    private func reject(_ checkout: CheckoutRequested, _ reason: String, in tx: any Transaction) async throws {
        try await context.publish(
            AddressRejected(orderId: checkout.orderId, reason: reason), about: checkout.orderId, in: tx)
    }
}
