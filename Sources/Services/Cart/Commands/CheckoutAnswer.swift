import Contracts
import HTTP
import REST

/// How a checkout's state is answered: 201 when its order is paid, 202 while it runs, a problem when it came to nothing.
struct CheckoutAnswer: Sendable {
    let resource: RestResource<Checkout>

    func response(_ checkout: Checkout, _ request: Request) throws -> Response {
        var response =
            if let failure = checkout.failure {
                problem(failure, checkout.reason).response()
            } else {
                try Response.json(
                    resource.representation(of: checkout, for: request),
                    status: checkout.status == .completed ? 201 : 202,
                    contentType: HAL.contentType)
            }
        response.headers.add("Location", resource.location(of: checkout.id, for: request))
        return response
    }

    private func problem(_ failure: CheckoutFailure, _ reason: String?) -> Problem {
        switch failure {
        case .outOfStock:
            Problem(status: 409, title: "Out of stock", detail: reason, type: ProductAPI.outOfStock)
        case .priceChanged:
            Problem(status: 409, title: "Price changed", detail: reason, type: ProductAPI.priceChanged)
        case .unknownProduct:
            Problem(status: 422, title: "Unknown product", detail: reason, type: CartAPI.unknownProduct)
        case .noAddress: Problem(status: 422, title: "No address", detail: reason, type: CustomerAPI.noAddress)
        case .paymentDeclined: Problem(status: 402, title: "Payment refused", detail: reason)
        case .cancelled:
            Problem(status: 409, title: "Checkout cancelled", detail: reason, type: CartAPI.cancelled)
        // Taken back, and not kept for the key: the same request may try again.
        case .timedOut:
            Problem(
                status: 503, title: "Checkout timed out", detail: reason, type: CartAPI.timedOut,
                retryAfter: .seconds(1))
        }
    }
}
