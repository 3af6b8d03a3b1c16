public import HTTP
public import Kernel

extension MidtransProvider {
    /// Reads a notification. Its signature does not cover the status, so the transaction is looked up at Midtrans, and
    /// only the answer is trusted. The notification only names the transaction.
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

    /// Looks up the transaction of a notification; `nil` if Midtrans does not have it. That is no forgery: the test
    /// notification of the dashboard is signed, but names a transaction that does not exist.
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
    /// The callback of a notification that has no effect.
    fileprivate var other: ProviderCallback {
        // The callback is about no money, so the currency does not matter.
        ProviderCallback(
            id: (transactionId ?? orderId ?? accountId ?? "") + ".other", orderId: "", reference: transactionId ?? "",
            money: Money(0, .southKoreanWon),
            event: .other(transactionStatus ?? accountStatus.map { "account \($0)" } ?? "notification"))
    }

    /// Makes the callback of a confirmed transaction; `nil` if it lacks an id or an amount. Notifications have no id,
    /// so the id is made of the transaction and what happened to it, and is the same for every repeat.
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
        // A charge was captured, and cancelled before its settlement: the buyer has the money back.
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
            // The settlement has an id of its own, beside that of the capture, because refunds wait for it.
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

    /// Returns the refund that a notification is about; `nil` if the transaction does not confirm it. A refund that was
    /// made in the dashboard of Midtrans may have no key.
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

    /// Returns the whole amount if a single refund gave it back; otherwise `nil`.
    private func whole(_ gross: Money) -> Money? { transactionStatus == "refund" && refunds?.count == 1 ? gross : nil }

    /// The action of the call that made the transaction.
    var made: ProviderAction { customField3 == ProviderAction.authorise.rawValue ? .authorise : .charge }

    private func event(_ status: String) -> ProviderCallback.Event {
        switch status {
        case "authorize" where fraudStatus != "challenge": .succeeded(.authorise)
        case "capture" where fraudStatus == "challenge": .other("challenge")
        case _ where Self.taken.contains(status): .succeeded(made == .authorise ? .capture : .charge)
        // The authorisation was voided. If it had been captured, the buyer has the money back.
        case "cancel": .succeeded(.void)
        case "deny", "expire", "failure": .refused(made, reason: statusMessage ?? status)
        default: .other(status)
        }
    }
}
