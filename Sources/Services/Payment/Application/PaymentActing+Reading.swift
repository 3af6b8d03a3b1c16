import Contracts
import HTTP
import Storage

/// `GET /api/payments/orders/{orderId}`: reads the present, where a repeated request would be answered with what was
/// known at its first answer.
extension PaymentActing {
    func receipt(_ request: Request) async throws -> Response {
        let orderId: String = try request.parameter("orderId")
        let found = try await payments.first(where: [Condition("orderId", .equal, .text(orderId))])
        guard let payment = found else { throw Problem.notFound("a payment of order \(orderId)") }
        return try .json(PaymentAnswer.receipt(payment))
    }
}
