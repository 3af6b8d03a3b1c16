import Kernel
import Storage

/// What a request was answered, kept under its `Idempotency-Key`: Stripe repeats the answer word for word, success or
/// refusal.
struct StripeReply: Entity, Hashable {
    /// The key.
    let id: String
    var version: Int64 = 0
    /// Of the path and the parameters.
    let fingerprint: String
    let status: Int
    let body: String

    static let collection = Collection<StripeReply>("stripeReplies", fields: [])
}
