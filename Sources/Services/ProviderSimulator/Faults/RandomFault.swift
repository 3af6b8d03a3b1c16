/// What can go wrong now and then, by its name in configuration and in `PATCH /admin/faults`.
enum RandomFault: String, Sendable, Hashable, CaseIterable, CodingKey {
    /// 429 with `Retry-After`; nothing done.
    case rateLimited
    /// 500; nothing done.
    case serverErrors
    /// No answer at all; nothing done.
    case hangs
    /// Refused with 402, and by callback.
    case refusals
    /// Taken in as `pending`, then refused by callback.
    case lateRefusals
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
