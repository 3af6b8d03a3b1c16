import Kernel
import Storage

/// Runs the bodies that wait in one transaction: one nested in it for each, one commit for all.
struct GroupCommit {
    let environment: Environment
    let loop: any Loop

    /// Lets every caller go on. `committed` runs when the commit is durable, before that.
    func run(_ jobs: ArraySlice<any TransactionJob<Session>>, committed: (_ transactions: Int) -> Void) {
        var outcomes: [(any Error)?] = []
        do {
            try environment.write { session in
                outcomes = try jobs.count == 1 ? [jobs.first!.run(on: session)] : jobs.map { try run($0, in: session) }
                return outcomes.contains { $0 == nil }
            }
        } catch {
            return loop.resume(jobs, after: outcomes, failingCommit: error)
        }
        committed(outcomes.count { $0 == nil })
        for (job, failure) in zip(jobs, outcomes) where failure == nil {
            for hook in job.scope.takeHooks() { hook() }
        }
        loop.resume(jobs, failing: outcomes)
    }

    private func run(_ job: any TransactionJob<Session>, in session: Session) throws -> (any Error)? {
        try session.nest()
        let depth = session.depth
        let failure = job.run(on: session)
        // A body that strayed inside a savepoint has left it open.
        while session.depth > depth { session.abort() }
        if failure == nil { try session.commit() } else { session.abort() }
        return failure
    }
}
