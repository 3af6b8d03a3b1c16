import Kernel
import Synchronization

/// The writer's or a reader's connection of an engine that works on threads of its own. It is used on one thread at a
/// time.
package protocol WorkerConnection<Engine>: Sendable {
    /// The open transaction as the engine has it, in which transaction closures read and write.
    associatedtype Engine

    /// Runs `work` in one transaction. If `work` returns `true`, commits durably; if it returns `false` or throws,
    /// rolls back.
    func transaction(_ work: (Engine) throws -> Bool) throws

    /// Runs one job of that transaction. If the job fails, undoes what it did, and nothing else, and returns its error.
    /// Throws if the transaction as a whole cannot go on.
    func run(_ job: any TransactionJob<Engine>, on engine: Engine, isAlone: Bool) throws -> (any Error)?

    /// Returns what each of `count` jobs is told after their transaction has failed with `error`. `outcomes` are those
    /// of the jobs that had run until then.
    func failures(of count: Int, after outcomes: [(any Error)?], _ error: any Error) -> [any Error]

    /// Releases caches.
    func releaseMemory()

    func close()
}

extension WorkerConnection {
    /// A reader has nothing to undo.
    package func run(_ job: any TransactionJob<Engine>, on engine: Engine, isAlone: Bool) -> (any Error)? {
        job.run(on: engine)
    }

    package func failures(of count: Int, after outcomes: [(any Error)?], _ error: any Error) -> [any Error] {
        failuresOfCommit(of: count, after: outcomes, error)
    }

    /// Returns `error` for every job, unless the outcome of the commit is not known. Then a job that had failed by
    /// itself is told that it certainly had no effect. Its own error is not passed on, since it may depend on what
    /// another job of the batch had written.
    package func failuresOfCommit(of count: Int, after outcomes: [(any Error)?], _ error: any Error) -> [any Error] {
        guard let unknown = error as? StorageError, unknown.code == .outcomeUnknown else {
            return Array(repeating: error, count: count)
        }
        let undone = StorageError(.unavailable, unknown.message)
        return (0..<count).map { $0 >= outcomes.count || outcomes[$0] == nil ? unknown : undone }
    }

    package func releaseMemory() {}
    package func close() {}
}

/// Runs the jobs that wait in one transaction, with one commit for all of them.
struct GroupCommit<Engine>: Sendable {
    let connection: any WorkerConnection<Engine>
    let loop: any Loop
    /// Counts what is stored; `nil` for a reader.
    let counter: CommitCounter?

    func run(_ jobs: ArraySlice<any TransactionJob<Engine>>) {
        var outcomes: [(any Error)?] = []
        do {
            let isAlone = jobs.count == 1
            try connection.transaction { engine in
                for job in jobs { outcomes.append(try connection.run(job, on: engine, isAlone: isAlone)) }
                return outcomes.contains { $0 == nil }
            }
        } catch {
            return resume(jobs, failing: connection.failures(of: jobs.count, after: outcomes, error))
        }
        if let counter {
            counter.add(outcomes.count { $0 == nil })
            for (index, job) in jobs.enumerated() where outcomes[index] == nil {
                for hook in job.scope.takeHooks() { hook() }
            }
        }
        resume(jobs, failing: outcomes)
    }

    /// Lets the callers of a batch go on, each with its outcome. All are handed over at once, so that the loop is woken
    /// once and not for each of them.
    private func resume(_ jobs: ArraySlice<any TransactionJob<Engine>>, failing outcomes: [(any Error)?]) {
        loop.execute {
            for (index, job) in jobs.enumerated() { job.resume(failing: outcomes[index]) }
        }
    }
}

/// Counts commits, and the transactions in them.
final class CommitCounter: Sendable {
    private let commitCount = Atomic(0)
    private let transactionCount = Atomic(0)

    var commits: Int { commitCount.load(ordering: .relaxed) }
    var transactions: Int { transactionCount.load(ordering: .relaxed) }

    /// Counts one commit of that many transactions, and none if there were none.
    func add(_ transactions: Int) {
        guard transactions > 0 else { return }
        commitCount.add(1, ordering: .relaxed)
        transactionCount.add(transactions, ordering: .relaxed)
    }
}
