package import Storage

/// How a server's connections are used.
package struct PoolSettings: Sendable {
    /// The database, for people to read: without a password.
    package let name: String
    /// How many connections there are at most.
    package let connections: Int
    /// How long a connection is waited for, new or from the pool.
    package let connectTimeout: Duration
    /// How long a statement may take, locks included.
    package let statementTimeout: Duration
    package let reads: ReadLimits

    package init(
        name: String, connections: Int, connectTimeout: Duration, statementTimeout: Duration,
        reads: ReadLimits = ReadLimits()
    ) {
        self.name = name
        self.connections = connections
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.reads = reads
    }
}
