import Synchronization
package import Telemetry

/// Keeps records in memory: so that a test can look at what was logged.
package final class RecordingSink: LogSink {
    private let kept = Mutex<[LogRecord]>([])

    package init() {}

    package var records: [LogRecord] { kept.withLock { $0 } }

    package func write(_ record: LogRecord) {
        kept.withLock { $0.append(record) }
    }
}
