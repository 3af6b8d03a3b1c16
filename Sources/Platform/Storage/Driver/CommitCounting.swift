/// A database that gathers several transactions in one commit, and counts both.
public protocol CommitCounting: Sendable {
    /// Since it was opened; each flushed its file.
    var commits: Int { get }
    /// How many transactions were in those commits.
    var transactions: Int { get }
}
