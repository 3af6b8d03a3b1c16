import Glibc
import Synchronization

/// Waits for Ctrl-C on a thread of its own, while the loop works.
final class SignalThread: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    /// The signals must be blocked already: see `StopSignals`.
    init(_ onSignal: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(
            Box { [weak self] in
                self?.raised.store(true, ordering: .releasing)
                onSignal()
            })
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                StopSignals.wait()
                box.action()
                return nil
            }, box.toOpaque())
        if error == 0 { pthread_detach(thread) } else { box.release() }
    }

    private final class Box: Sendable {
        let action: @Sendable () -> Void
        init(_ action: @escaping @Sendable () -> Void) { self.action = action }
    }
}
