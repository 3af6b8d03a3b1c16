import Contracts
import Kernel
import Messaging
import ServiceHost
import Storage

/// Follows a choreographed checkout: cart publishes the request and hears how it ended. Product, customer, order and
/// payment each act on the event of the one before them.
struct ChoreographedCheckout: CheckoutLeader {
    let ending: CheckoutEnding
    var style: CheckoutStyle { .choreographed }

    /// Does nothing, because the checkout has recorded its request, and the others act on that event.
    func begin(_ checkout: Checkout, in tx: any Transaction) async throws {}

    static let policies: [Policy<ChoreographedCheckout>] = [
        .on(StockRejected.self, "end the checkout") { checkout, event, _, tx in
            let failure: CheckoutFailure =
                event.isOutOfStock ? .outOfStock : event.isPriceChange == true ? .priceChanged : .unknownProduct
            try await checkout.ending.fail(event.orderId, failure, reason: event.reason, in: tx)
        },
        .on(AddressRejected.self, "end the checkout") { checkout, event, _, tx in
            try await checkout.ending.fail(event.orderId, .noAddress, reason: event.reason, in: tx)
        },
        .on(OrderPaymentFailed.self, "end the checkout") { checkout, event, _, tx in
            guard event.order.checkout == checkout.style else { return }
            try await checkout.ending.fail(event.orderId, .paymentDeclined, reason: event.reason, in: tx)
        },
        .on(StockSold.self, "complete the checkout") { checkout, event, _, tx in
            try await checkout.ending.complete(event.orderId, in: tx)
        },
        // Its money goes back first.
        .on(StockLost.self, "give the checkout up") { checkout, event, _, tx in
            try await checkout.ending.giveUp(event.orderId, for: .outOfStock, in: tx)
        },
        .on(OrderCancelled.self, "end the checkout") { checkout, event, _, tx in
            guard event.order.checkout == checkout.style else { return }
            try await checkout.ending.fail(event.order.orderId, .cancelled, reason: event.reason, in: tx)
        },
    ]
}
