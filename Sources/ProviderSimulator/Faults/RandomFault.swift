/// What can go wrong now and then, by its name in configuration and in `PATCH /admin/faults`.
enum RandomFault: String, Sendable, Hashable, CaseIterable, CodingKey {
    /// 429 with `Retry-After`; nothing done.
    case rateLimited
    /// 500; nothing done.
    case serverErrors
    /// 503; nothing done.
    case unavailable
    /// No answer at all; nothing done.
    case hangs
    /// Refused with 402, and by callback.
    case refusals
    /// Taken in as `pending`, then refused by callback.
    case lateRefusals
    /// A charge or authorisation that is taken in as pending, and succeeds `lateAfter` later.
    case lateCaptures
    /// A charge or authorisation that is declined, and succeeds `lateAfter` later: another card was tried.
    case declinesFirst
    /// A refund that is taken in as pending, and succeeds `lateAfter` later.
    case pendingRefunds
    /// A refund that is taken in as pending, and fails `lateAfter` later.
    case refundFailsLater
    /// An answer and its callback that name another amount; look-ups and the statement tell the truth.
    case wrongAmounts
    /// An answer that names another order; its callback, look-ups and the statement tell the truth.
    case wrongOrders
    /// Done, and the answer never comes.
    case lostReplies
    /// Done, and then 500.
    case serverErrorsAfter
    /// A callback is preceded by a forged one.
    case wrongSignatures
    /// A callback is signed with a time too long ago; sent again later.
    case staleCallbacks
    /// A callback waits until a later one of its order overtook it.
    case reorderedCallbacks
}
