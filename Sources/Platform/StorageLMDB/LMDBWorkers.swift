import Kernel
import Storage

/// Runs the jobs that wait in one transaction of the environment: one nested in it for each, one commit for all.
struct LMDBWriter: WorkerConnection {
    let environment: Environment

    func transaction(_ work: (Session) throws -> Bool) throws { try environment.write(work) }

    func run(_ job: any TransactionJob<Session>, on session: Session, isAlone: Bool) throws -> (any Error)? {
        // The transaction as a whole is what its failure undoes.
        if isAlone { return job.run(on: session) }
        try session.nest()
        let depth = session.depth
        let failure = job.run(on: session)
        // A closure that was suspended inside a savepoint has left it open.
        while session.depth > depth { session.abort() }
        if failure == nil { try session.commit() } else { session.abort() }
        return failure
    }

    func close() { EnvironmentRegistry.shared.release(environment) }
}

/// Runs the jobs that wait on one view of what is committed now.
struct LMDBReader: WorkerConnection {
    let environment: Environment

    func transaction(_ work: (Session) throws -> Bool) throws {
        try environment.read { session in _ = try work(session) }
    }
}
