import ServiceHost

/// The decisions about payments that only a person can make.
extension OperatorTaskKind {
    private static let close = OperatorTask.Action("close", "Closes the task; the books stay as they are")

    static let outcomeUnknown = OperatorTaskKind(
        "OUTCOME_UNKNOWN", "the outcome of a call to the provider has been unknown for too long",
        actions: [close])

    static let otherProvider = OperatorTaskKind(
        "OTHER_PROVIDER", "a payment is open at a provider that is not configured any more", actions: [close])

    static let contradiction = OperatorTaskKind(
        "CONTRADICTION", "the provider says both yes and no of one call", actions: [close])

    static let refundRefused = OperatorTaskKind(
        "REFUND_REFUSED", "the provider does not give money back that belongs to the buyer",
        actions: [.init("retry", "Asks the provider again"), close])

    static let payment: [OperatorTaskKind] = [outcomeUnknown, otherProvider, contradiction, refundRefused]
}
