public import Kernel

/// Writes structured records: `logger.info("order placed", ["order": .string(id)])`.
///
/// A value that is copied about freely. Message and fields are not evaluated where the level is off.
public struct Logger: Sendable {
    public let service: String
    public let level: LogLevel
    private let sink: any LogSink
    private let now: @Sendable () -> Timestamp

    /// `now` is the loop's clock, so that a simulated run logs its own time.
    public init(
        service: String, level: LogLevel = .info, sink: any LogSink, now: @escaping @Sendable () -> Timestamp
    ) {
        self.service = service
        self.level = level
        self.sink = sink
        self.now = now
    }

    /// Writes nothing.
    public static let disabled = Logger(service: "", level: .off, sink: NoSink()) { Timestamp(milliseconds: 0) }

    /// Returns a logger of another service of this process.
    public func named(_ service: String) -> Logger {
        Logger(service: service, level: level, sink: sink, now: now)
    }

    public func isEnabled(_ level: LogLevel) -> Bool { level >= self.level && level != .off }

    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ more: @autoclosure () -> LogFields = [:]
    ) {
        guard isEnabled(level) else { return }
        sink.write(
            LogRecord(
                time: now(), level: level, service: service, message: message(), fields: more(),
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

public enum LogLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    case debug, info, warning, error
    /// As a threshold only: nothing is written.
    case off

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    /// `debug`, `info`, `warning`, `error` or `off`: the words used in configuration and in the output.
    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        case .off: "off"
        }
    }

    public init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }
}

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
