import Kernel
import PaymentProviders
import Synchronization

/// The faults in force, and the dice.
final class FaultInjector: Sendable {
    private let state: Mutex<Faults>
    private let loop: any Loop

    init(_ faults: Faults, loop: any Loop) {
        state = Mutex(faults)
        self.loop = loop
    }

    var faults: Faults { state.withLock { $0 } }

    /// Changes the faults; what `change` throws leaves them as they were.
    func change<Failure: Error>(_ change: (Faults) throws(Failure) -> Faults) throws(Failure) -> Faults {
        try state.withLock { (faults) throws(Failure) in
            faults = try change(faults)
            return faults
        }
    }

    /// Whether it can happen at all.
    func isArmed(_ fault: RandomFault) -> Bool { state.withLock { ($0.rates[fault] ?? .never) != .never } }

    /// Whether it befalls this case; a fault that was to happen a number of times is then one less.
    func happens(_ fault: RandomFault, to action: SimulatorAction) -> Bool {
        let dice = Double(loop.random() >> 11) / Double(1 << 53)
        return state.withLock { faults in
            guard faults.concern(action) else { return false }
            switch faults.rates[fault] ?? .never {
            case .share(let share): return dice < share
            case .times(let count):
                guard count > 0 else { return false }
                faults.rates[fault] = .times(count - 1)
                return true
            }
        }
    }
}
