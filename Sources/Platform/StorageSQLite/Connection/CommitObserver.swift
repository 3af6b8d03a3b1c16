/// Stands around each commit of a connection: for tests that stop the world there.
package struct CommitObserver: Sendable {
    /// The body has run, nothing is durable. What it throws fails the commit.
    package let willCommit: @Sendable () throws -> Void
    /// All is durable; nobody has been told. What it throws is told in place of the commit's success.
    package let didCommit: @Sendable () throws -> Void

    package init(
        willCommit: @escaping @Sendable () throws -> Void, didCommit: @escaping @Sendable () throws -> Void
    ) {
        self.willCommit = willCommit
        self.didCommit = didCommit
    }
}
