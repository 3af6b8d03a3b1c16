public import HTTP
public import Kernel

extension TossProvider {
    /// Toss does not sign its events about payments: the event only says where to look, and what Toss answers to the
    /// query is believed. An event about a payment that Toss does not have is forged.
    public func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback {
        guard let event = try? JSON.decode(TossEvent.self, from: request.body), let key = event.data.paymentKey,
            !key.isEmpty
        else { throw InvalidCallback(.unreadable, "the body is not an event about a payment") }
        let payment = try await confirmed(key)
        guard event.data.orderId == nil || event.data.orderId == payment.orderId else {
            throw InvalidCallback(.forged, "the payment is of another order")
        }
        guard let callback = payment.callback else {
            throw InvalidCallback(.unreadable, "the payment cannot be read")
        }
        return callback
    }

    private func confirmed(_ paymentKey: String) async throws(InvalidCallback) -> TossPayment {
        let response: Response
        do throws(TransportError) {
            response = try await get("/v1/payments/" + Query.encode(paymentKey))
        } catch {
            throw InvalidCallback(.unconfirmed, "the event cannot be confirmed: \(error.message)")
        }
        guard response.status != 404 else {
            throw InvalidCallback(.forged, "Toss has no such payment")
        }
        guard !response.saysComeAgain else {
            throw InvalidCallback(.unconfirmed, "the event cannot be confirmed: Toss answered \(response.status)")
        }
        guard response.status == 200, let payment = try? JSON.decode(TossPayment.self, from: response.body),
            payment.paymentKey == paymentKey
        else { throw InvalidCallback(.unreadable, "the event is not confirmed") }
        return payment
    }
}

extension TossPayment {
    /// What a confirmed payment tells; `nil` where it lacks an amount. Events have no id: the payment, its status and
    /// its last transaction make one, the same for every repetition.
    fileprivate var callback: ProviderCallback? {
        let event: ProviderCallback.Event
        let cancel = status == "CANCELED" || status == "PARTIAL_CANCELED" ? cancels?.last : nil
        switch status {
        case "DONE": event = .succeeded(.charge)
        case "CANCELED", "PARTIAL_CANCELED": event = .succeeded(.refund)
        case "ABORTED", "EXPIRED": event = .refused(.charge, reason: failure?.code ?? status)
        default: event = .other(status)
        }
        guard let money = money(cancel?.cancelAmount ?? totalAmount) else { return nil }
        return ProviderCallback(
            id: [paymentKey, status, lastTransactionKey].compactMap { $0 }.joined(separator: "."), orderId: orderId,
            reference: paymentKey, refundReference: cancel?.transactionKey, idempotencyKey: cancel?.idempotencyKey,
            money: money, event: event)
    }
}
