public import Kernel

/// Writes structured records: `logger.info("order placed", ["order": .string(id)])`.
///
/// A value that is copied about freely. Message and fields are not evaluated where the level is off.
public struct Logger: Sendable {
    public let service: String
    public let level: LogLevel
    private let fields: LogFields
    private let sink: any LogSink
    private let now: @Sendable () -> Timestamp

    /// `now` is the loop's clock, so that a simulated run logs its own time.
    public init(
        service: String, level: LogLevel = .info, sink: any LogSink, now: @escaping @Sendable () -> Timestamp
    ) {
        self.init(service: service, level: level, fields: [:], sink: sink, now: now)
    }

    private init(
        service: String, level: LogLevel, fields: LogFields, sink: any LogSink, now: @escaping @Sendable () -> Timestamp
    ) {
        self.service = service
        self.level = level
        self.fields = fields
        self.sink = sink
        self.now = now
    }

    /// Writes nothing.
    public static let disabled = Logger(service: "", level: .off, sink: NoSink()) { Timestamp(milliseconds: 0) }

    /// The same for another service of this process.
    public func named(_ service: String) -> Logger {
        Logger(service: service, level: level, fields: fields, sink: sink, now: now)
    }

    /// The same with fields that every record of it carries.
    public func with(_ more: LogFields) -> Logger {
        Logger(service: service, level: level, fields: fields.adding(more), sink: sink, now: now)
    }

    public func isEnabled(_ level: LogLevel) -> Bool { level >= self.level && level != .off }

    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ more: @autoclosure () -> LogFields = [:]
    ) {
        guard isEnabled(level) else { return }
        sink.write(
            LogRecord(
                time: now(), level: level, service: service, message: message(), fields: fields.adding(more()),
                trace: TraceContext.current))
    }

    public func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.debug, message(), fields())
    }

    public func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.info, message(), fields())
    }

    public func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.warning, message(), fields())
    }

    public func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.error, message(), fields())
    }
}

private struct NoSink: LogSink {
    func write(_ record: LogRecord) {}
}
