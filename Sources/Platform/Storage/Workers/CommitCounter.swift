import Synchronization

/// How many commits there were, and how many transactions in them.
package final class CommitCounter: Sendable {
    private let commitCount = Atomic(0)
    private let transactionCount = Atomic(0)

    package init() {}

    package var commits: Int { commitCount.load(ordering: .relaxed) }
    package var transactions: Int { transactionCount.load(ordering: .relaxed) }

    /// One commit of so many transactions; none at all when it had none.
    package func add(_ transactions: Int) {
        guard transactions > 0 else { return }
        commitCount.add(1, ordering: .relaxed)
        transactionCount.add(transactions, ordering: .relaxed)
    }
}
