public import HTTP
public import Kernel

extension MidtransProvider {
    /// The signature covers no status, so Midtrans is asked for the transaction and only its answer is believed. The
    /// notification only says where to look.
    public func callback(in request: Request, at time: Timestamp) async throws(InvalidCallback) -> ProviderCallback {
        guard let notification = try? JSON.decodeSnakeCaseLeniently(MidtransTransaction.self, from: request.body) else {
            throw InvalidCallback(.unreadable, "the body is not a notification")
        }
        guard MidtransSignature.isGenuine(notification, serverKey: settings.serverKey) else {
            throw InvalidCallback(.forged, "the signature is forged")
        }
        let transaction = try await confirmed(notification)
        guard let callback = transaction.callback(about: notification, currency: settings.currency) else {
            throw InvalidCallback(.unreadable, "the transaction cannot be read")
        }
        return callback
    }

    private func confirmed(_ notification: MidtransTransaction) async throws(InvalidCallback) -> MidtransTransaction {
        let response: Response
        do throws(TransportError) {
            response = try await client.status(notification.orderId ?? "")
        } catch {
            throw InvalidCallback(.unconfirmed, "the notification cannot be confirmed: \(error.message)")
        }
        guard !response.saysComeAgain else {
            throw InvalidCallback(
                .unconfirmed, "the notification cannot be confirmed: Midtrans answered \(response.status)")
        }
        guard let transaction = MidtransTransaction.read(response), transaction.orderId == notification.orderId else {
            throw InvalidCallback(.unreadable, "the notification is not confirmed")
        }
        return transaction
    }
}

extension MidtransTransaction {
    /// What a confirmed transaction tells; `nil` where it lacks an id or an amount. Notifications have no id of their
    /// own: the transaction and what happened to it make one, the same for every repetition.
    func callback(about notification: MidtransTransaction, currency: Currency) -> ProviderCallback? {
        guard let reference = transactionId, let status = transactionStatus, let text = grossAmount,
            let money = DecimalAmount.read(text, currency)
        else { return nil }
        if let refund = refund(of: notification) {
            let amount = refund.refundAmount.flatMap { DecimalAmount.read($0, currency) }
            return callback(reference, money: amount ?? money, event: .succeeded(.refund), refundKey: refund.refundKey)
        }
        return callback(reference, money: money, event: event(status), refundKey: nil)
    }

    private func callback(
        _ reference: String, money: Money, event: ProviderCallback.Event, refundKey: String?
    ) -> ProviderCallback {
        let what: String
        var key: String?
        switch event {
        case .succeeded(.refund): (what, key) = ("refund.\(refundKey ?? "")", refundKey)
        case .succeeded(let action):
            what = action.rawValue
            if action == .charge || action == .authorise { key = customField2 }
        case .refused(let action, _): (what, key) = (action.rawValue + ".refused", customField2)
        case .disputed(let id, let stage): what = "dispute.\(id).\(stage.rawValue)"
        case .other(let status): what = status
        }
        return ProviderCallback(
            id: "\(reference).\(what)", orderId: customField1 ?? "", reference: reference, refundReference: refundKey,
            idempotencyKey: key, money: money, event: customField1 == nil ? .other(what) : event)
    }

    /// The refund that a notification is about, as far as the transaction confirms it.
    private func refund(of notification: MidtransTransaction) -> Refund? {
        guard ["refund", "partial_refund"].contains(notification.transactionStatus) else { return nil }
        guard let key = notification.refundKey ?? notification.refunds?.last?.refundKey else { return refunds?.last }
        return refunds?.first { $0.refundKey == key }
    }

    private func event(_ status: String) -> ProviderCallback.Event {
        let made: ProviderAction = customField3 == ProviderAction.authorise.rawValue ? .authorise : .charge
        switch status {
        case "authorize": return .succeeded(.authorise)
        case "capture" where fraudStatus == "challenge": return .other("challenge")
        case _ where Self.taken.contains(status): return .succeeded(made == .authorise ? .capture : .charge)
        case "cancel": return .succeeded(.void)
        case "deny", "expire", "failure": return .refused(made, reason: statusMessage ?? status)
        default: return .other(status)
        }
    }
}
