public import Kernel

/// Writes structured records: `logger.info("order placed", metadata: metadata: ["order": .string(id)])`.
///
/// Labels, metadata and levels have the names of swift-log. Message and metadata are not evaluated if the level is off.
public struct Logger: Sendable {
    public let label: String
    public let logLevel: Level
    private let sink: any LogSink
    private let now: @Sendable () -> Timestamp

    /// `label` is the name of the service that writes; `now` is the loop's clock, so that a simulated run logs its own
    /// time.
    public init(
        label: String, logLevel: Level = .info, sink: any LogSink, now: @escaping @Sendable () -> Timestamp
    ) {
        self.label = label
        self.logLevel = logLevel
        self.sink = sink
        self.now = now
    }

    /// Writes nothing.
    public static let disabled = Logger(label: "", logLevel: .off, sink: NoSink()) { Timestamp(milliseconds: 0) }

    /// Returns a logger of another service of this process.
    public func named(_ label: String) -> Logger {
        Logger(label: label, logLevel: logLevel, sink: sink, now: now)
    }

    public func isEnabled(_ level: Level) -> Bool { level >= logLevel && level != .off }

    public func log(
        level: Level, _ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]
    ) {
        guard isEnabled(level) else { return }
        sink.write(
            LogRecord(
                time: now(), level: level, service: label, message: message(), metadata: metadata(),
                trace: TraceContext.current))
    }

    public func debug(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .debug, message(), metadata: metadata())
    }

    public func info(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .info, message(), metadata: metadata())
    }

    public func warning(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .warning, message(), metadata: metadata())
    }

    public func error(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .error, message(), metadata: metadata())
    }
}

private struct NoSink: LogSink {
    func write(_ record: LogRecord) {}
}

extension Logger {
    /// How much a record matters, and the least that is written.
    public enum Level: Int, Sendable, Hashable, Comparable, CaseIterable {
        case debug, info, warning, error
        /// As a threshold only: nothing is written.
        case off

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

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

        /// Reads a name; `nil` if there is no such level.
        public init?(name: String) {
            guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
            self = level
        }
    }
}

/// One line of the log before it is written.
public struct LogRecord: Sendable {
    public var time: Timestamp
    public var level: Logger.Level
    public var service: String
    public var message: String
    public var metadata: Logger.Metadata
    public var trace: TraceContext?

    public init(
        time: Timestamp, level: Logger.Level, service: String, message: String, metadata: Logger.Metadata = [:],
        trace: TraceContext? = nil
    ) {
        self.time = time
        self.level = level
        self.service = service
        self.message = message
        self.metadata = metadata
        self.trace = trace
    }
}

/// Where records go. `write` is called from any thread, often from a loop: it must not wait.
public protocol LogSink: Sendable {
    func write(_ record: LogRecord)
}
