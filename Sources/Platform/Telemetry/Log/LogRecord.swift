public import Kernel

/// One line of the log before it is written.
public struct LogRecord: Sendable {
    public var time: Timestamp
    public var level: LogLevel
    public var service: String
    public var message: String
    public var fields: LogFields
    public var trace: TraceContext?

    public init(
        time: Timestamp, level: LogLevel, service: String, message: String, fields: LogFields = [:],
        trace: TraceContext? = nil
    ) {
        self.time = time
        self.level = level
        self.service = service
        self.message = message
        self.fields = fields
        self.trace = trace
    }
}

/// Where records go. `write` is called from any thread, often from a loop: it must not wait.
public protocol LogSink: Sendable {
    func write(_ record: LogRecord)
}
