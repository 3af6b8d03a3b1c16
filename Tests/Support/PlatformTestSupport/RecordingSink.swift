import Synchronization
package import Telemetry

/// Keeps records in memory: so that a test can look at what was logged.
package final class RecordingSink: LogSink {
    private let kept = Mutex<[LogRecord]>([])

    package init() {}

    package var records: [LogRecord] { kept.withLock { $0 } }

    /// The errors that were logged: each message with its metadata.
    package var errors: [String] {
        records.filter { $0.level >= .error }.map { record in
            let details = record.metadata.entries.map { "\($0.key.name): \($0.value)" }
            return ([record.service + ": " + record.message] + details).joined(separator: ", ")
        }
    }

    package func write(_ record: LogRecord) {
        kept.withLock { $0.append(record) }
    }
}
