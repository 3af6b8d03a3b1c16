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
        guard !notification.isAboutAccount, let transaction = try await confirmed(notification) else {
            return notification.other
        }
        return transaction.callback(about: notification, currency: settings.currency) ?? notification.other
    }

    /// `nil` if Midtrans has no such transaction: its dashboard sends a signed notification of none, as a test.
    private func confirmed(_ notification: MidtransTransaction) async throws(InvalidCallback) -> MidtransTransaction? {
        let response: Response
        do throws(TransportError) {
            response = try await client.status(notification.orderId ?? "")
        } catch {
            throw InvalidCallback(.unconfirmed, "the notification cannot be confirmed: \(error.message)")
        }
        guard let transaction = MidtransTransaction.read(response) else {
            throw InvalidCallback(.unconfirmed, "the notification is not confirmed: \(client.evidence(response))")
        }
        switch transaction.code ?? 0 {
        case 404: return nil
        case 200..<300, 407: break
        default:
            throw InvalidCallback(.unconfirmed, "the notification is not confirmed: \(client.evidence(response))")
        }
        guard transaction.orderId == notification.orderId else {
            throw InvalidCallback(.unconfirmed, "Midtrans confirms another transaction")
        }
        return transaction
    }
}

extension MidtransTransaction {
    /// A notification without effect.
    fileprivate var other: ProviderCallback {
        // No money is meant, so the currency does not matter.
        ProviderCallback(
            id: (transactionId ?? orderId ?? accountId ?? "") + ".other", orderId: "", reference: transactionId ?? "",
            money: Money(0, .southKoreanWon),
            event: .other(transactionStatus ?? accountStatus.map { "account \($0)" } ?? "notification"))
    }

    /// The notification of a confirmed transaction; `nil` if it lacks an id or an amount. Notifications have no id of their
    /// own: the transaction and what happened to it make one, the same for every repetition.
    fileprivate func callback(about notification: MidtransTransaction, currency: Currency) -> ProviderCallback? {
        guard let reference = transactionId, let status = transactionStatus, let gross = gross(currency) else {
            return nil
        }
        if let refund = refund(of: notification), let amount = amount(of: refund, currency) ?? whole(gross) {
            let name = name(of: refund)
            return callback(
                "refund.\(name)", amount, .succeeded(.refund), refundReference: name, key: refund.refundKey)
        }
        if let chargeback = chargeback(currency) {
            let id = chargeback.id
            return callback(
                String(id.dropFirst(reference.count + 1)), chargeback.money, .disputed(id: id, .fundsWithdrawn))
        }
        switch status {
        // Captured and cancelled before the settlement: the buyer has the money back.
        case "cancel" where made == .charge:
            return callback(
                "refund.\(cancellationReference)", gross, .succeeded(.refund), refundReference: cancellationReference)
        default:
            let isSettlement = notification.transactionStatus == "settlement" && status != "capture"
            return callback(gross, event(status), isSettlement: isSettlement)
        }
    }

    private func callback(
        _ money: Money, _ event: ProviderCallback.Event, isSettlement: Bool
    ) -> ProviderCallback {
        switch event {
        case .succeeded(let action):
            // The settlement is news beside the capture: refunds wait for it.
            callback(
                isSettlement ? "settlement" : action.rawValue, money, event,
                key: action == .charge || action == .authorise ? customField2 : nil)
        case .refused(let action, _): callback(action.rawValue + ".refused", money, event, key: customField2)
        case .disputed, .other: callback(transactionStatus ?? "", money, event)
        }
    }

    private func callback(
        _ what: String, _ money: Money, _ event: ProviderCallback.Event, refundReference: String? = nil,
        key: String? = nil
    ) -> ProviderCallback {
        let reference = transactionId ?? ""
        return ProviderCallback(
            id: "\(reference).\(what)", orderId: customField1 ?? "", reference: reference,
            refundReference: refundReference, idempotencyKey: key, money: money, event: event)
    }

    /// The refund that a notification is about, as far as the transaction confirms it. One that was made in Midtrans'
    /// dashboard may have no key.
    private func refund(of notification: MidtransTransaction) -> Refund? {
        guard ["refund", "partial_refund"].contains(notification.transactionStatus) else { return nil }
        if let key = notification.refundKey ?? notification.refunds?.last?.refundKey {
            return refunds?.first { $0.refundKey == key }
        }
        if let id = notification.refunds?.last?.refundChargebackId {
            return refunds?.first { $0.refundChargebackId == id }
        }
        return refunds?.last
    }

    func name(of refund: Refund) -> String {
        refund.refundKey ?? "\(transactionId ?? "").refund.\(refund.refundChargebackId ?? "")"
    }

    func amount(of refund: Refund, _ currency: Currency) -> Money? {
        refund.refundAmount.flatMap { DecimalAmount.read($0, own(currency)) }
    }

    /// The whole amount, if a single refund gave it back.
    private func whole(_ gross: Money) -> Money? { transactionStatus == "refund" && refunds?.count == 1 ? gross : nil }

    /// The call that made the transaction.
    var made: ProviderAction { customField3 == ProviderAction.authorise.rawValue ? .authorise : .charge }

    private func event(_ status: String) -> ProviderCallback.Event {
        switch status {
        case "authorize" where fraudStatus != "challenge": .succeeded(.authorise)
        case "capture" where fraudStatus == "challenge": .other("challenge")
        case _ where Self.taken.contains(status): .succeeded(made == .authorise ? .capture : .charge)
        // Of an authorisation: given up. If it had been captured, the buyer has the money back.
        case "cancel": .succeeded(.void)
        case "deny", "expire", "failure": .refused(made, reason: statusMessage ?? status)
        default: .other(status)
        }
    }
}
