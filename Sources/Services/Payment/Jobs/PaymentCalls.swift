import Idempotency
import ServiceHost

/// Attempts that a transaction began and nobody waits for. Each is called for as soon as it is durable; what finds no
/// room here, or is lost with the process, `ResolvePayments` takes up when its time to be checked has come.
typealias PaymentCalls = WorkQueue<UnattendedCall>

/// A call to the provider that no request waits for.
struct UnattendedCall: Sendable {
    let payment: Payment
    /// Begun and durable, with the key that the provider gets.
    let attempt: PaymentAttempt
    /// The claim of the request that would ask for the same: completed with the outcome. `nil` if there can be no such
    /// request.
    var claim: IdempotencyClaim?
}
