import ServiceHost

/// The kinds of operator tasks about payments.
extension OperatorTaskKind {
    private static let close = OperatorTask.Action("close", "Closes the task; the books stay as they are")
    private static let retry = OperatorTask.Action("retry", "Asks the provider again")

    static let outcomeUnknown = OperatorTaskKind(
        "OUTCOME_UNKNOWN", "the outcome of a call to the provider has been unknown for too long",
        actions: [
            .init("succeeded", "The provider's records show that it came about: books it"),
            .init("refused", "The provider's records show that it did not come about: ends it"), close,
        ])
    static let otherProvider = OperatorTaskKind(
        "OTHER_PROVIDER", "a payment is open at a provider that is not configured any more", actions: [close])
    static let contradiction = OperatorTaskKind(
        "CONTRADICTION", "the provider contradicts what it said of a call before", actions: [retry, close])
    static let mismatch = OperatorTaskKind(
        "MISMATCH", "the provider tells of another amount, currency or order than was asked for",
        actions: [retry, close])
    static let unknownMovement = OperatorTaskKind(
        "UNKNOWN_MOVEMENT", "the provider moved money that belongs to no payment",
        actions: [
            .init("adopt", "Books it on the payment that paymentId names, and gives back what that does not want"),
            close,
        ])
    static let refundRefused = OperatorTaskKind(
        "REFUND_REFUSED", "the provider does not give money back that belongs to the buyer", actions: [retry, close])
    static let refundFailed = OperatorTaskKind(
        "REFUND_FAILED", "a refund that was confirmed did not arrive",
        actions: [.init("refund", "Refunds the amount once more"), close])
    static let refundedTooMuch = OperatorTaskKind(
        "REFUNDED_TOO_MUCH", "more was given back than had been taken", actions: [close])
    static let reservationKept = OperatorTaskKind(
        "RESERVATION_KEPT", "the provider does not let go of a reservation that nobody captured",
        actions: [retry, close])
    static let disputed = OperatorTaskKind(
        "DISPUTED", "a buyer's bank asks for the money: answer at the provider", actions: [close])

    static let payment: [OperatorTaskKind] = [
        outcomeUnknown, otherProvider, contradiction, mismatch, unknownMovement, refundRefused, refundFailed,
        refundedTooMuch, reservationKept, disputed,
    ]
}
