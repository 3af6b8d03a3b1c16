import Messaging
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

    /// Its rate is the relay's.
    func countRelayed() {
        metrics.collect { [weak self] in
            guard let relay = self?.relay else { return [] }
            return [
                CollectedMetric(
                    "sambal_events_relayed_total", help: "Events that the log has taken from the outbox.",
                    kind: .counter, value: Double(relay.relayed))
            ]
        }
    }
}
