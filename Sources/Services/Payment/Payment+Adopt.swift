public import Kernel
public import PaymentProviders

/// A movement of money at the provider, as a callback or a statement reports it.
public struct ProviderMovement: Sendable, Hashable {
    public let action: ProviderAction
    public let money: Money
    /// The order of the movement; empty if the provider does not know it.
    public let orderId: String
    /// The provider's reference of the movement; `nil` if it has none of its own.
    public let reference: String?
    /// The provider's reference of the charge that the movement is about; `nil` if it is about none.
    public let chargeReference: String?
    public let idempotencyKey: String?

    /// Whether the movement can be the outcome of such an action. The capture of a reservation is reported as a capture or
    /// as a charge.
    fileprivate func means(_ other: ProviderAction) -> Bool {
        action == other || (takesMoney && (other == .charge || other == .capture))
    }
    var takesMoney: Bool { action == .charge || action == .capture }
    /// Whether the movement is a refund or void with a reference of its own and without a key. Our calls are reported with
    /// their keys, so that it is most likely not ours.
    var isForeign: Bool {
        let hasOwnName = reference != nil && reference != chargeReference
        return idempotencyKey == nil && hasOwnName && (action == .refund || action == .void)
    }
    /// The provider's reference of the charge that the movement is, or is about.
    var charge: String? { action == .charge || action == .authorise ? reference : chargeReference ?? reference }
}

extension Payment {
    /// Returns the attempt that the movement belongs to: by its key, else by its reference, else the open one that waits
    /// for such a movement, unless the movement is foreign. `nil` if it belongs to none.
    func attempt(of movement: ProviderMovement) -> PaymentAttempt? {
        let candidates = attempts.filter { movement.means($0.action) }
        if let key = movement.idempotencyKey, let known = candidates.first(where: { $0.idempotencyKey == key }) {
            return known
        }
        if let reference = movement.reference,
            let known = candidates.last(where: { $0.reference == reference || $0.strayReference == reference })
        {
            return known
        }
        // Another call's key says that it is another movement.
        guard movement.idempotencyKey == nil, !movement.isForeign else { return nil }
        let fitting = candidates.filter {
            $0.amount == movement.money.amount && currency == movement.money.currency
        }
        let isNamed = movement.action == .refund && movement.reference != nil
        if let open = fitting.first(where: { $0.isOpen && ($0.reference == nil || !isNamed) }) { return open }
        // A movement without a reference, or with that of its charge, is a repetition.
        let isRepetition = movement.reference == nil || movement.reference == movement.chargeReference
        return isRepetition && movement.action != .refund ? fitting.last : nil
    }

    /// Whether a foreign refund may still be a call of ours that was not answered yet. The answer has the reference by which
    /// the two can be told apart.
    func mayHaveAsked(for movement: ProviderMovement) -> Bool {
        guard movement.isForeign, movement.action == .refund, movement.money.currency == currency else { return false }
        return attempts.contains {
            $0.action == .refund && $0.isOpen && $0.reference == nil && $0.amount == movement.money.amount
        }
    }

    /// Returns how a movement differs from the attempt that it belongs to; `nil` if it fits.
    func difference(_ movement: ProviderMovement, from attempt: PaymentAttempt) -> String? {
        difference(movement.money, movement.orderId.isEmpty ? nil : movement.orderId, from: attempt)
    }

    func difference(_ money: Money?, _ orderId: String?, from attempt: PaymentAttempt) -> String? {
        var words: [String] = []
        // The amount of a void has no meaning.
        if let money, attempt.action != .void, money != Money(attempt.amount, currency) {
            words.append("\(money.amount) \(money.currency.code) instead of \(attempt.amount) \(currency.code)")
        }
        if let orderId, orderId != self.orderId { words.append("order \(orderId) instead of \(self.orderId)") }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// Adopts a movement that belongs to no attempt. Returns `nil` if it does not fit the payment.
    public mutating func adopt(
        _ movement: ProviderMovement, provider: String, attemptId: String, at time: Timestamp
    ) -> [PaymentEffect]? {
        let money = movement.money
        guard money.amount > 0, money.currency == currency || isTombstone, fitsInSums(money.amount) else { return nil }
        switch movement.action {
        case .charge, .authorise, .capture:
            return adoptCharge(movement, provider: provider, attemptId: attemptId, at: time)
        case .void:
            guard status == .authorised, movement.charge == reference || movement.charge == nil else { return nil }
            return append(movement, amount, stray: nil, attemptId, at: time)
        case .refund:
            guard let stray = strayOrOwn(movement.chargeReference) else { return nil }
            return append(movement, money.amount, stray: stray.isEmpty ? nil : stray, attemptId, at: time)
        }
    }

    private mutating func adoptCharge(
        _ movement: ProviderMovement, provider: String, attemptId: String, at time: Timestamp
    ) -> [PaymentEffect]? {
        let money = movement.money
        if isTombstone {
            (amount, currency, self.provider) = (money.amount, money.currency, provider)
            if movement.action == .authorise { status = .pending }
            return append(movement, money.amount, stray: nil, attemptId, at: time)
        }
        guard movement.takesMoney else { return nil }
        let isOwn = status == .authorised && (movement.charge == reference || movement.action == .capture)
        let isLate = [.failed, .cancelled, .expired].contains(status)
        let fits = isOwn ? money.amount <= amount : money.amount == amount
        if capturedAmount == 0, isOwn || isLate, fits {
            if isLate { reference = movement.charge }
            return append(movement, money.amount, stray: nil, attemptId, at: time)
        }
        // The order may still want another amount, unless it is paid or given up.
        let isUnwanted =
            capturedAmount > 0 || cancellationRequestedAt != nil || status == .cancelled
            || status == .expired || movement.idempotencyKey != nil && money.amount == amount
        guard isUnwanted, let stray = movement.reference ?? movement.charge else { return nil }
        return append(movement, money.amount, stray: stray, attemptId, at: time)
    }

    /// Returns the stray charge that a refund is about, or an empty text for the payment's own charge; `nil` if no capture
    /// is known.
    private func strayOrOwn(_ charge: String?) -> String? {
        let captures = attempts.filter { $0.state == .succeeded && ($0.action == .charge || $0.action == .capture) }
        if let charge, let stray = captures.first(where: { $0.strayReference == charge })?.strayReference {
            return stray
        }
        return captures.contains { $0.strayReference == nil } ? "" : captures.first?.strayReference
    }

    private mutating func append(
        _ movement: ProviderMovement, _ amount: Int64, stray: String?, _ attemptId: String, at time: Timestamp
    ) -> [PaymentEffect] {
        var attempt = PaymentAttempt(
            id: attemptId, action: movement.action, amount: amount,
            idempotencyKey: movement.idempotencyKey ?? attemptId, startedAt: time, checkAt: time, isExpiry: false)
        attempt.isAdopted = true
        attempt.strayReference = stray
        attempts.append(attempt)
        return succeed(attempts.count - 1, movement.reference ?? movement.charge ?? attemptId, at: time)
    }

    private func fitsInSums(_ amount: Int64) -> Bool {
        attempts.reduce(Int128(amount)) { $0 + Int128($1.amount) } <= Int128(Int64.max)
    }
}
