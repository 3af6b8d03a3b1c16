import Contracts
import HTTP
import Kernel
import Saga

/// How money goes back to a buyer: what is refunded whole and still in the shop stays there, the money is asked for once
/// and followed until the provider has confirmed it, and then the stock.
enum RefundSaga {
    static let definition = SagaDefinition<RefundState>([
        SagaStep(
            "stop the delivery", at: "delivery", retry: untilKnown,
            request: {
                guard $0.stopsDelivery == true else { return nil }
                return SagaCall(
                    .post, DeliveryAPI.cancellations,
                    json: CancelDelivery(orderId: $0.orderId, reason: "the order is refunded"))
            },
            reply: { state, reply in
                // What has left meanwhile is refunded all the same: that is what was asked for.
                let hasLeft = reply.problemType == DeliveryAPI.alreadyShipped
                guard hasLeft || reply.outcome == .done else { return reply.outcome }
                state.isDeliveryStopped = !hasLeft
                return .done
            }),
        SagaStep(
            "give the money back", at: "payment", retry: untilKnown,
            request: {
                guard !$0.isConfirmed else { return nil }
                return SagaCall(
                    .post, PaymentAPI.refunds(paymentId: $0.paymentId), json: Body(amount: $0.amount), key: $0.refundId)
            },
            reply: { state, reply in
                guard reply.outcome == .done else { return reply.outcome }
                let receipt = try reply.decode(PaymentReceipt.self)
                state.attemptId = receipt.attemptId
                return state.learn(receipt.attemptState, refundedAmount: receipt.refundedAmount, reason: receipt.reason)
                    ?? .done
            }),
        SagaStep(
            "see it confirmed", at: "payment", retry: untilKnown, isReadOnly: true,
            request: { $0.isConfirmed ? nil : SagaCall(.get, "/payments/\($0.paymentId)") },
            reply: { state, reply in
                guard reply.outcome == .done else { return reply.outcome }
                let payment = try reply.decode(PaymentView.self)
                guard let attempt = payment.attempts.first(where: { $0.id == state.attemptId }) else {
                    return .retry("the payment does not show the refund yet")
                }
                return state.learn(attempt.state, refundedAmount: payment.refundedAmount, reason: attempt.reason)
                    ?? .retry("the provider has not confirmed it yet")
            }),
        SagaStep(
            "give the stock back", at: "product", retry: untilKnown, isRetriable: true,
            request: {
                let neverLeft = $0.isDeliveryStopped == true && $0.hasReservation == true
                return $0.returnsStock || neverLeft ? SagaCall(.post, ProductAPI.release(orderId: $0.orderId)) : nil
            }),
    ])

    private struct Body: Encodable {
        let amount: Int64?
    }

    private struct PaymentView: Decodable {
        struct Attempt: Decodable {
            let id: String
            let state: String
            let reason: String?
        }
        let attempts: [Attempt]
        let refundedAmount: Int64
    }

    /// Providers take days for some refunds.
    private static let untilKnown = SagaRetry(timeout: .seconds(30 * 86_400))
}

extension RefundState {
    /// `nil` while it is not decided.
    fileprivate mutating func learn(_ attempt: String, refundedAmount: Int64, reason: String?) -> StepOutcome? {
        switch attempt {
        case "SUCCEEDED":
            isConfirmed = true
            self.refundedAmount = refundedAmount
            return .done
        case "REFUSED": return .refused(reason ?? "refused by the provider")
        // It had been made, and its money came back before this was looked at.
        case "REVERSED": return .refused(reason ?? "the refund did not arrive")
        default: return nil
        }
    }
}
