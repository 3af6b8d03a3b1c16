import Kernel
import Storage
import Synchronization

/// What a request was answered, kept under its `Idempotency-Key`: Stripe repeats the answer word for word, success,
/// refusal or failure, for 24 hours.
struct StripeReply: Entity, Hashable {
    /// The key.
    let id: String
    var version: Int64 = 0
    /// Of the path and the parameters.
    let fingerprint: String
    var status: Int
    var body: String
    /// `nil` in books of earlier versions.
    var savedAt: Timestamp?

    static let collection = Collection<StripeReply>("stripeReplies", fields: [])

    static let lifetime = Duration.seconds(86_400)

    func isForgotten(at time: Timestamp) -> Bool { savedAt.map { time - $0 >= Self.lifetime } ?? false }
}

/// The keys whose first request is being worked on: another with the same key conflicts.
final class KeysInProgress: Sendable {
    private let keys = Mutex<Set<String>>([])

    func begin(_ key: String) -> Bool { keys.withLock { $0.insert(key).inserted } }
    func end(_ key: String) { keys.withLock { _ = $0.remove(key) } }
}
