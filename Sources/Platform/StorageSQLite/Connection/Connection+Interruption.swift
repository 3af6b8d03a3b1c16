import CSQLite
import Synchronization

/// Says that a query is to be broken off; has an address of its own, so that SQLite can be given it.
final class InterruptionFlag: Sendable {
    private let isSet = Atomic(false)
    var isRaised: Bool { isSet.load(ordering: .relaxed) }
    func raise() { isSet.store(true, ordering: .relaxed) }
    func lower() { isSet.store(false, ordering: .relaxed) }
}

/// Steps of SQLite's machine between two looks at the flag: some microseconds.
private let stepsBetweenLooks: CInt = 2000

extension Connection {
    /// Lets `interrupt` reach what runs. SQLite's own interruption is lost if it comes between two statements.
    func watchInterruption() {
        let flag = Unmanaged.passUnretained(isInterrupted).toOpaque()
        sqlite3_progress_handler(
            handle, stepsBetweenLooks,
            { context in
                guard let context else { return 0 }
                return Unmanaged<InterruptionFlag>.fromOpaque(context).takeUnretainedValue().isRaised ? 1 : 0
            }, flag)
    }

    /// Breaks off what runs on the connection; from any thread, as long as the connection is open.
    package func interrupt() {
        isInterrupted.raise()
        // Steps that count pages look at this one only.
        sqlite3_interrupt(handle)
    }

    package func endInterruption() { isInterrupted.lower() }
}
