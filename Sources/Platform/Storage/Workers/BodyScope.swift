import Glibc
import Synchronization

/// What a transaction's handle stands on: the engine is there on the thread that runs the body, while it runs it, and
/// nowhere else.
package final class BodyScope<Engine>: @unchecked Sendable {
    // `engine` and `hooks` are touched only by the thread noted in `owner`, and by the worker before and after.
    private let owner = Atomic<UInt>(0)
    private var engine: Engine?
    private var hooks: [@Sendable () -> Void] = []

    /// Ends the body from outside, where that can be.
    package let stop: ReadStop?

    package init(stop: ReadStop? = nil) { self.stop = stop }

    /// Whether the caller is the running body.
    package var isHere: Bool { owner.load(ordering: .acquiring) == UInt(pthread_self()) }

    func begin(on engine: Engine) {
        self.engine = engine
        owner.store(UInt(pthread_self()), ordering: .releasing)
    }

    func end() {
        owner.store(0, ordering: .releasing)
        engine = nil
    }

    package func open() throws(StorageError) -> Engine {
        guard isHere, let engine else {
            throw StorageError(.internalFailure, "a transaction was used outside of its body")
        }
        return engine
    }

    /// Keeps what is to run once the transaction is durable.
    package func add(hook: @escaping @Sendable () -> Void) {
        // A body that strayed was rolled back: what it asks for will not be durable, so it never runs.
        if isHere { hooks.append(hook) }
    }

    package var hookCount: Int { hooks.count }

    /// Lets go of the hooks of what was undone.
    package func dropHooks(after count: Int) { hooks.removeSubrange(count...) }

    package func takeHooks() -> [@Sendable () -> Void] {
        defer { hooks = [] }
        return hooks
    }
}
