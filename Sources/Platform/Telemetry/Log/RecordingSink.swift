import Synchronization

/// Keeps records in memory: for tests that look at what was logged.
public final class RecordingSink: LogSink {
    private let kept = Mutex<[LogRecord]>([])

    public init() {}

    public var records: [LogRecord] { kept.withLock { $0 } }

    public func write(_ record: LogRecord) {
        kept.withLock { $0.append(record) }
    }
}
