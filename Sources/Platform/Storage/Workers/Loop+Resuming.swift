package import Kernel

extension Loop {
    /// Lets the callers of a batch go on, each with its outcome: handed over at once, since the loop would be woken, and
    /// fall asleep again, for one after the other.
    package func resume<Engine>(_ jobs: ArraySlice<any TransactionJob<Engine>>, failing outcomes: [(any Error)?]) {
        execute {
            for (job, failure) in zip(jobs, outcomes) { job.resume(failing: failure) }
        }
    }

    /// The same where none of them had any effect.
    package func resume<Engine>(_ jobs: ArraySlice<any TransactionJob<Engine>>, failing error: any Error) {
        resume(jobs, failing: Array(repeating: error, count: jobs.count))
    }
}
