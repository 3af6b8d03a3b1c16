/// Stands around each commit of a connection: for tests that stop the world there.
package struct CommitObserver: Sendable {
    /// The body has run, nothing is durable. What it throws fails the commit.
    package let willCommit: @Sendable () throws -> Void
    /// All is durable; nobody has been told.
    package let didCommit: @Sendable () -> Void

    package init(
        willCommit: @escaping @Sendable () throws -> Void, didCommit: @escaping @Sendable () -> Void
    ) {
        self.willCommit = willCommit
        self.didCommit = didCommit
    }
}
