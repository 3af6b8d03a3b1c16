import Storage
import Telemetry

extension RunningService {
    /// Beside each other they tell how many transactions shared a flush of the disk.
    func countCommits() {
        metrics.collect { [weak self] in
            guard let counts = self?.database as? any CommitCounting else { return [] }
            return [
                CollectedMetric(
                    "sambal_storage_commits_total", help: "Durable commits of the service's database.", kind: .counter,
                    value: Double(counts.commits)),
                CollectedMetric(
                    "sambal_storage_transactions_total", help: "Transactions in those commits.", kind: .counter,
                    value: Double(counts.transactions)),
            ]
        }
    }
}
