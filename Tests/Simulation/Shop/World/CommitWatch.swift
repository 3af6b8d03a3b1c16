import Simulation
import Storage
import StorageSQLite
import Synchronization

/// Sees every commit of a world, and lets a test do something right before or right after one.
final class CommitWatch: Sendable {
    typealias Hook = @Sendable (SimulatedNode, SimulatedShop.Moment) -> Void
    private struct State {
        var commits = 0
        var hook: Hook?
    }
    private let state = Mutex(State())

    /// How many commits there were: what is durable changes with this number, and with the mails.
    var commits: Int { state.withLock { $0.commits } }

    func set(_ hook: Hook?) { state.withLock { $0.hook = hook } }

    func observer(of node: SimulatedNode) -> CommitObserver {
        CommitObserver(
            willCommit: { [self] in
                state.withLock { $0.hook }?(node, .beforeCommit)
                // A process that died between the last statement and the commit has committed nothing.
                guard node.isAlive else { throw StorageError(.unavailable, "the process is dead") }
            },
            didCommit: { [self] in
                let hook = state.withLock { state in
                    state.commits += 1
                    return state.hook
                }
                hook?(node, .afterCommit)
            })
    }
}
