/// What can go wrong now and then, by its name in configuration and in `PATCH /admin/faults`.
enum RandomFault: String, Sendable, Hashable, CaseIterable, CodingKey {
    case rateLimited
    case serverErrors
    case unavailable
    case hangs
    case refusals
    case lateRefusals
    case lateCaptures
    case declinesFirst
    case pendingRefunds
    case refundFailsLater
    case wrongAmounts
    case wrongOrders
    case lostReplies
    case serverErrorsAfter
    case wrongSignatures
    case staleCallbacks
    case reorderedCallbacks

    /// What it does, for the reference of all settings.
    var summary: String {
        switch self {
        case .rateLimited: "429 with `Retry-After`; nothing done."
        case .serverErrors: "500; nothing done."
        case .unavailable: "503; nothing done."
        case .hangs: "No answer at all; nothing done."
        case .refusals: "Refused with 402, and by callback."
        case .lateRefusals: "Taken in as `pending`, then refused by callback."
        case .lateCaptures: "A charge or authorisation that is taken in as pending, and succeeds `lateAfter` later."
        case .declinesFirst:
            "A charge or authorisation that is declined, and succeeds `lateAfter` later: another card was tried."
        case .pendingRefunds: "A refund that is taken in as pending, and succeeds `lateAfter` later."
        case .refundFailsLater: "A refund that is taken in as pending, and fails `lateAfter` later."
        case .wrongAmounts:
            "An answer and its callback that name another amount; look-ups and the statement tell the truth."
        case .wrongOrders:
            "An answer that names another order; its callback, look-ups and the statement tell the truth."
        case .lostReplies: "Done, and the answer never comes."
        case .serverErrorsAfter: "Done, and then 500."
        case .wrongSignatures: "A callback is preceded by a forged one."
        case .staleCallbacks: "A callback is signed with a time too long ago; sent again later."
        case .reorderedCallbacks: "A callback waits until a later one of its order overtook it."
        }
    }
}
