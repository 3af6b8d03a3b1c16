import Contracts
import Kernel
public import Saga

/// What an orchestrated checkout carries from step to step.
public struct CheckoutState: SagaState {
    public static let saga = "checkout"

    enum Payment: String, Codable, Sendable, Hashable {
        case captured, declined
    }
    let orderId: String
    let cartId: String
    let customerId: String
    let branchId: Int64
    let items: [CheckoutItem]
    /// What the buyer saw, where they said so.
    let expectedTotal: Int64?
    let expectedCurrency: Currency?
    /// As product priced them.
    var priced: [OrderItem] = []
    var currency: Currency?
    var details: DeliveryDetails?
    var payment: Payment?
    var failure: CheckoutFailure?
    var reason: String?

    init(_ checkout: Checkout) {
        orderId = checkout.id
        cartId = checkout.cartId
        customerId = checkout.customerId
        branchId = checkout.branchId
        items = checkout.items
        expectedTotal = checkout.total
        expectedCurrency = checkout.currency
    }

    /// `nil` before stock and address are known.
    var order: CreateOrder? {
        guard let details, let currency else { return nil }
        return CreateOrder(
            orderId: orderId, cartId: cartId, checkout: .orchestrated, branchId: branchId, items: priced,
            currency: currency, buyer: details.buyer, address: details.address)
    }

    var amount: Int64 { priced.reduce(0) { $0 + $1.qty * $1.price } }

    /// Why it comes to nothing; where nobody said so, because it took too long.
    var end: CheckoutFailure { failure ?? (payment == .declined ? .paymentDeclined : .timedOut) }

    mutating func refuse(_ failure: CheckoutFailure, _ reason: String) -> StepOutcome {
        self.failure = failure
        self.reason = reason
        return .refused(reason)
    }
}
