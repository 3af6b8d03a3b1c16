public import Kernel
import Synchronization

/// Writes a warning or an error once, and then how often it came again: a fault that lasts must not fill the log.
///
/// Records are the same if service, level, message and error are. Of one message, a few errors are told apart in a window;
/// those beyond are only counted.
public final class RepetitionSink: LogSink {
    fileprivate struct Key: Hashable {
        let level: Logger.Level
        let service: String
        let message: String
        /// `nil` for all errors beyond those that are told apart.
        var error: String?
    }
    private struct Entry {
        var last: LogRecord
        var repetitions = 0
        let end: Timestamp
    }
    private let base: any LogSink
    private let window: Duration
    private let entries = Mutex<[Key: Entry]>([:])
    /// Errors of one message that are told apart.
    private static let variants = 8
    /// Messages that are remembered; more than these are written as they come.
    private static let limit = 1000

    public init(_ base: any LogSink, window: Duration = .seconds(30)) {
        self.base = base
        self.window = window
    }

    public func write(_ record: LogRecord) {
        guard record.level >= .warning else { return base.write(record) }
        let (ended, isNew) = entries.withLock { entries in
            let ended = Self.takeEnded(&entries, at: record.time)
            return (ended, note(record, &entries))
        }
        for entry in ended { summarise(entry, at: record.time) }
        if isNew { base.write(record) }
    }

    /// Tells of the repetitions whose window has ended; to be called now and then.
    public func flush(at time: Timestamp) {
        let ended = entries.withLock { Self.takeEnded(&$0, at: time) }
        for entry in ended { summarise(entry, at: time) }
    }

    /// Tells of all repetitions: before the process ends.
    public func finish(at time: Timestamp) {
        let left = entries.withLock { entries in
            defer { entries = [:] }
            return Array(entries.values)
        }
        for entry in left { summarise(entry, at: time) }
    }

    private func note(_ record: LogRecord, _ entries: inout [Key: Entry]) -> Bool {
        var key = Key(level: record.level, service: record.service, message: record.message)
        if case .string(let error) = record.metadata[.error] { key.error = error } else { key.error = "" }
        if entries[key] == nil {
            let known = entries.keys.count { $0.isLike(key) }
            if known >= Self.variants { key.error = nil }
        }
        guard var entry = entries[key] else {
            guard entries.count < Self.limit else { return true }
            let isBeyond = key.error == nil
            entries[key] = Entry(last: record, repetitions: isBeyond ? 1 : 0, end: record.time + window)
            return !isBeyond
        }
        entry.last = record
        entry.repetitions += 1
        entries[key] = entry
        return false
    }

    private static func takeEnded(_ entries: inout [Key: Entry], at time: Timestamp) -> [Entry] {
        let ended = entries.filter { $0.value.end <= time }
        for key in ended.keys { entries[key] = nil }
        return Array(ended.values)
    }

    private func summarise(_ entry: Entry, at time: Timestamp) {
        guard entry.repetitions > 0 else { return }
        var record = entry.last
        record.time = time
        record.message += " … \(entry.repetitions) more times in the last \(Int(window.seconds)) s"
        base.write(record)
    }
}

extension RepetitionSink.Key {
    fileprivate func isLike(_ other: Self) -> Bool {
        level == other.level && service == other.service && message == other.message
    }
}
