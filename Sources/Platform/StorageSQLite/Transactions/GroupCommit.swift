import Kernel
import Storage

/// Runs the bodies that wait in one transaction: a savepoint each, one commit for all.
struct GroupCommit {
    let connection: Connection
    let loop: any Loop

    /// Lets every caller go on. `committed` runs when the commit is durable, before that.
    func run(_ jobs: ArraySlice<any TransactionJob<Connection>>, committed: (_ transactions: Int) -> Void) {
        var outcomes: [(any Error)?] = []
        do {
            try connection.beginWrite()
            outcomes = try jobs.count == 1 ? [runAlone(jobs.first!)] : jobs.map(runBeside)
            if !connection.isAutocommit { try connection.commit() }
        } catch {
            connection.rollBack()
            return loop.resume(jobs, after: outcomes, failingCommit: error)
        }
        committed(outcomes.count { $0 == nil })
        for (job, failure) in zip(jobs, outcomes) where failure == nil {
            for hook in job.scope.takeHooks() { hook() }
        }
        loop.resume(jobs, failing: outcomes)
    }

    /// Without a savepoint: the transaction as a whole is what its failure undoes.
    private func runAlone(_ job: any TransactionJob<Connection>) throws -> (any Error)? {
        guard let failure = job.run(on: connection) else {
            try checkStillOpen()
            return nil
        }
        if !connection.isAutocommit { try connection.execute("ROLLBACK") }
        return failure
    }

    private func runBeside(_ job: any TransactionJob<Connection>) throws -> (any Error)? {
        try connection.execute("SAVEPOINT body")
        let failure = job.run(on: connection)
        try checkStillOpen()
        if failure != nil { try connection.execute("ROLLBACK TO body") }
        try connection.execute("RELEASE body")
        return failure
    }

    private func checkStillOpen() throws {
        guard connection.isAutocommit else { return }
        throw connection.lostTransaction
    }
}
