public import Kernel
public import PaymentProviders

/// A movement of money at the provider, as a callback or a statement tells of it.
public struct ProviderMovement: Sendable, Hashable {
    public let action: ProviderAction
    public let money: Money
    /// Empty if the provider does not know the order.
    public let orderId: String
    /// The provider's name for the movement; `nil` if it has none of its own.
    public let reference: String?
    /// The provider's name for the charge, of what is about one.
    public let chargeReference: String?
    public let idempotencyKey: String?

    /// A charge that was reserved before is told of as its capture, or just as money that came.
    fileprivate func means(_ other: ProviderAction) -> Bool {
        action == other || (takesMoney && (other == .charge || other == .capture))
    }
    var takesMoney: Bool { action == .charge || action == .capture }
    /// Whether it names neither a call of ours nor just the charge, but itself: our calls are told with their keys, so that
    /// such a refund or void is most likely somebody else's.
    var isForeign: Bool {
        let hasOwnName = reference != nil && reference != chargeReference
        return idempotencyKey == nil && hasOwnName && (action == .refund || action == .void)
    }
    /// The provider's name for the charge that it is, or is about.
    var charge: String? { action == .charge || action == .authorise ? reference : chargeReference ?? reference }
}

extension Payment {
    /// The attempt that the movement is: by its key, else by the provider's name, else the one that is open and waits for
    /// such a movement, unless the movement is foreign. `nil` if it is none of them.
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
        // What has no name of its own, or is told under the name of its charge, is a repetition.
        let isRepetition = movement.reference == nil || movement.reference == movement.chargeReference
        return isRepetition && movement.action != .refund ? fitting.last : nil
    }

    /// Whether a foreign refund may still turn out to be a call of ours that was not answered yet: its answer tells the name
    /// by which the two are told apart.
    func mayHaveAsked(for movement: ProviderMovement) -> Bool {
        guard movement.isForeign, movement.action == .refund, movement.money.currency == currency else { return false }
        return attempts.contains {
            $0.action == .refund && $0.isOpen && $0.reference == nil && $0.amount == movement.money.amount
        }
    }

    /// How a movement differs from the attempt that it is said to be; `nil` if it fits.
    func difference(_ movement: ProviderMovement, from attempt: PaymentAttempt) -> String? {
        difference(movement.money, movement.orderId.isEmpty ? nil : movement.orderId, from: attempt)
    }

    func difference(_ money: Money?, _ orderId: String?, from attempt: PaymentAttempt) -> String? {
        var words: [String] = []
        // The amount of a reservation that was given up says nothing.
        if let money, attempt.action != .void, money != Money(attempt.amount, currency) {
            words.append("\(money.amount) \(money.currency.code) instead of \(attempt.amount) \(currency.code)")
        }
        if let orderId, orderId != self.orderId { words.append("order \(orderId) instead of \(self.orderId)") }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// Takes over a movement that none of the attempts is. `nil` if it does not fit: it is kept apart then.
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
        // Another amount than the order's may still be wanted by it, unless it is paid or given up.
        let isUnwanted =
            capturedAmount > 0 || cancellationRequestedAt != nil || status == .cancelled
            || status == .expired || movement.idempotencyKey != nil && money.amount == amount
        guard isUnwanted, let stray = movement.reference ?? movement.charge else { return nil }
        return append(movement, money.amount, stray: stray, attemptId, at: time)
    }

    /// The stray charge that a refund is about, empty for the payment's own; `nil` if no capture is known.
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
