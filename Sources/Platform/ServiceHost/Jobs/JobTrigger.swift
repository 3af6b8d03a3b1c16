import Kernel
public import Storage
import Synchronization

/// Wakes a job before its interval has passed, and hands it rows that it need not look for. May be used before the job
/// exists, and from any thread.
public final class JobTrigger<Row: Entity>: Sendable {
    private struct State {
        var isLookWanted = false
        var handed: [Row] = []
    }
    private static var capacity: Int { 10_000 }
    private let state = Mutex(State())
    let signal = Signal()

    public init() {}

    /// Something is due now, or sooner than the job knows.
    public func wake() {
        state.withLock { $0.isLookWanted = true }
        signal.raise()
    }

    public func wake(after tx: any Transaction) {
        tx.afterCommit { [self] in wake() }
    }

    /// Hands over a row that its transaction has claimed for the job: it is worked on as soon as that is durable. One that
    /// finds no room is found once its claim is over.
    public func hand(_ row: Row, after tx: any Transaction) {
        tx.afterCommit { [self] in
            state.withLock { if $0.handed.count < Self.capacity { $0.handed.append(row) } }
            signal.raise()
        }
    }

    func takeHanded() -> [Row] {
        state.withLock { state in
            defer { state.handed = [] }
            return state.handed
        }
    }

    func takeWish() -> Bool {
        state.withLock { state in
            defer { state.isLookWanted = false }
            return state.isLookWanted
        }
    }
}
