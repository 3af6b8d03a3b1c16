public import HTTP
public import Kernel

extension TossProvider {
    /// The only status that Toss takes for a success. After any other, also 204, it sends the event up to seven more
    /// times (Toss Payments, "Webhook retry policy").
    public var acknowledgement: Int { 200 }

    /// Toss does not sign its events about payments. The payment that an event names is therefore looked up at Toss,
    /// and only the answer is trusted. An event about a payment that Toss does not have is forged. The
    /// `ConfirmationGate` limits the look-ups that such events cause.
    public func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback {
        guard let event = try? JSON.decode(TossEvent.self, from: request.body) else {
            throw InvalidCallback(.unreadable, "the body is not an event")
        }
        // `DEPOSIT_CALLBACK` names no paymentKey; `PAYMENT_STATUS_CHANGED` carries the same news.
        guard Self.aboutPayments.contains(event.eventType), let key = event.data?.paymentKey, !key.isEmpty else {
            return Self.other(event.eventType)
        }
        let payment = try await confirmed(key, at: time)
        guard event.data?.orderId == nil || event.data?.orderId == payment.orderId else {
            throw InvalidCallback(.forged, "the payment is of another order")
        }
        return payment.callback(about: event.data?.lastTransactionKey) ?? Self.other(event.eventType)
    }

    private static let aboutPayments: Set = ["PAYMENT_STATUS_CHANGED", "CANCEL_STATUS_CHANGED"]

    /// Events without an effect on payments (Toss Payments, "Webhooks"). Anybody can send one, so all events of a name
    /// are recorded as one callback.
    private static let others: Set = [
        "PAYMENT_STATUS_CHANGED", "CANCEL_STATUS_CHANGED", "DEPOSIT_CALLBACK", "PAYOUT_STATUS_CHANGED",
        "METHOD_UPDATED", "CUSTOMER_STATUS_CHANGED", "BILLING_DELETED", "payout.changed", "seller.changed",
    ]

    private static func other(_ type: String) -> ProviderCallback {
        let name = others.contains(type) ? type : "unknown event"
        return ProviderCallback(
            id: "other.\(name)", orderId: "", reference: "", money: Money(0, .southKoreanWon), event: .other(name))
    }

    private func confirmed(_ paymentKey: String, at time: Timestamp) async throws(InvalidCallback) -> TossPayment {
        switch gate.admit(paymentKey, at: time) {
        case .lookUp: break
        case .later: throw InvalidCallback(.unconfirmed, "the event is not looked up now, for there are too many")
        case .absent: throw InvalidCallback(.forged, "Toss has no such payment")
        }
        let response: Response
        do throws(TransportError) {
            response = try await get("/v1/payments/" + QueryString.encode(paymentKey))
        } catch {
            throw InvalidCallback(.unconfirmed, "the event cannot be confirmed: \(error.message)")
        }
        if response.status == 404, TossFailure.read(response)?.code == "NOT_FOUND_PAYMENT" {
            gate.learnAbsent(paymentKey, at: time)
            throw InvalidCallback(.forged, "Toss has no such payment")
        }
        guard response.status == 200, let payment = try? JSON.decode(TossPayment.self, from: response.body),
            payment.paymentKey == paymentKey
        else {
            throw InvalidCallback(
                .unconfirmed, "the event cannot be confirmed: \(evidence.text("Toss", response))")
        }
        gate.learn(paymentKey, at: time)
        return payment
    }
}

extension TossPayment {
    /// Makes the callback of a confirmed payment; `nil` if it lacks an amount. Events have no id, so the id is made of
    /// the payment, its status and its transaction, and is the same for every repeat. `transactionKey` names the
    /// cancellation of the event, because the payment may have later ones.
    fileprivate func callback(about transactionKey: String?) -> ProviderCallback? {
        if let cancels, !cancels.isEmpty, status != "DONE" || transactionKey != nil {
            let cancel = cancels.first { $0.transactionKey != nil && $0.transactionKey == transactionKey }
            if let cancel = cancel ?? (status == "DONE" ? nil : cancels.last) { return callback(about: cancel) }
        }
        let event: ProviderCallback.Event
        switch status {
        case "DONE": event = .succeeded(.charge)
        case "CANCELED", "PARTIAL_CANCELED": event = .succeeded(.refund)
        case "ABORTED", "EXPIRED": event = .refused(.charge, reason: failure?.code ?? status)
        default: event = .other(status)
        }
        guard let money = money(totalAmount) else { return nil }
        return ProviderCallback(
            id: [paymentKey, status, lastTransactionKey].compactMap { $0 }.joined(separator: "."), orderId: orderId,
            reference: paymentKey, money: money, event: event)
    }

    private func callback(about cancel: Cancel) -> ProviderCallback? {
        let event: ProviderCallback.Event
        switch lookup(of: cancel) {
        case .succeeded: event = .succeeded(.refund)
        case .refused(let reason): event = .refused(.refund, reason: reason)
        default: event = .other("cancel " + (cancel.cancelStatus ?? status))
        }
        guard let money = money(cancel.cancelAmount) else { return nil }
        let parts = [paymentKey, "CANCEL", cancel.cancelStatus, name(of: cancel)]
        return ProviderCallback(
            id: parts.compactMap { $0 }.joined(separator: "."), orderId: orderId, reference: paymentKey,
            refundReference: name(of: cancel), idempotencyKey: cancel.idempotencyKey, money: money, event: event)
    }
}
