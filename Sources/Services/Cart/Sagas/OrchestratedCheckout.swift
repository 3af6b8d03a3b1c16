import Contracts
import Kernel
import Saga
import ServiceHost
import Storage

/// Checkout led by cart, as a saga: it asks product, customer, order and payment one after the other, and takes back
/// what was done when one of them cannot.
struct OrchestratedCheckout: CheckoutLeader {
    let sagas: Sagas<CheckoutState>
    var style: CheckoutStyle { .orchestrated }

    func begin(_ checkout: Checkout, in tx: any Transaction) async throws {
        let saga = try await sagas.start(checkout.id, CheckoutState(checkout), in: tx)
        sagas.driveInBackground(saga, after: tx)
    }

    static func ending(_ ending: CheckoutEnding) -> Sagas<CheckoutState>.Ending {
        { saga, tx in
            if saga.status == .completed {
                try await ending.complete(saga.id, in: tx)
            } else {
                try await ending.fail(
                    saga.id, saga.state.end, reason: saga.state.reason ?? saga.reason ?? "", in: tx)
            }
        }
    }

    /// How the payment ended is heard, not asked for.
    static let policies: [Policy<OrchestratedCheckout>] = [
        .on(PaymentApproved.self, "go on with the checkout") { checkout, event, _, tx in
            try await checkout.sagas.signal(event.orderId, in: tx) { $0.payment = .captured }
        },
        .on(PaymentFailed.self, "take the checkout back") { checkout, event, _, tx in
            try await checkout.sagas.signal(event.orderId, in: tx) { state in
                state.payment = .declined
                state.reason = event.reason
            }
        },
        .on(PaymentCancelled.self, "take the checkout back") { checkout, event, _, tx in
            try await checkout.sagas.signal(event.orderId, in: tx) { state in
                guard state.payment == nil else { return }
                state.failure = .cancelled
                state.payment = .declined
                state.reason = "the payment was cancelled"
            }
        },
    ]
}
