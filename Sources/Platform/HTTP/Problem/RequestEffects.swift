import Synchronization

/// Records whether the request that the current task answers has had an effect by now: a transaction that was committed,
/// or a call to another server that may have arrived.
///
/// An error that comes later in the same request must not say that nothing was done. The router makes one for each request
/// that may have an effect; whatever has an effect notes it.
package final class RequestEffects: Sendable {
    @TaskLocal package static var current: RequestEffects?

    private let acted = Atomic(false)
    private let address = Mutex<String?>(nil)

    package init() {}

    package var hasActed: Bool { acted.load(ordering: .acquiring) }

    /// Notes that something may be done from now on.
    package func noteAction() { acted.store(true, ordering: .releasing) }

    /// The path of the resource that the request makes, where the client can look for it.
    package var look: String? { address.withLock { $0 } }

    package func noteResource(_ path: String) { address.withLock { $0 = path } }
}
