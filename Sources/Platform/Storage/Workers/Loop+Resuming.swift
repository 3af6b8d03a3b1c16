package import Kernel

extension Loop {
    /// Lets the callers of a batch go on, each with its outcome: handed over at once, since the loop would be woken, and
    /// fall asleep again, for one after the other.
    package func resume<Engine>(_ jobs: ArraySlice<any TransactionJob<Engine>>, failing outcomes: [(any Error)?]) {
        execute {
            for (job, failure) in zip(jobs, outcomes) { job.resume(failing: failure) }
        }
    }

    /// The same where the commit failed. A body that failed by itself certainly had no effect, whatever became of the
    /// commit; its own reason may rest on what another one had written beside it.
    package func resume<Engine>(
        _ jobs: ArraySlice<any TransactionJob<Engine>>, after outcomes: [(any Error)?], failingCommit error: any Error
    ) {
        guard let unknown = error as? StorageError, unknown.code == .outcomeUnknown else {
            return resume(jobs, failing: error)
        }
        let undone = StorageError(.unavailable, unknown.message)
        resume(jobs, failing: jobs.indices.map { outcomes[$0 - jobs.startIndex] == nil ? unknown : undone })
    }

    /// The same where none of them had any effect.
    package func resume<Engine>(_ jobs: ArraySlice<any TransactionJob<Engine>>, failing error: any Error) {
        resume(jobs, failing: Array(repeating: error, count: jobs.count))
    }
}
