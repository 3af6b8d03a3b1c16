import Glibc
import Kernel
import Synchronization

/// Writes each record as one line to standard error.
///
/// It never waits: a line fits a pipe in one piece, and where the reader at the other end does not keep up, lines are
/// dropped and the next one that fits says how many.
public final class StandardErrorSink: LogSink {
    private let format: LogFormat
    private let descriptor: Int32
    private let dropped = Atomic(0)

    /// Without a format: text where standard error is a terminal, JSON elsewhere.
    public convenience init(format: LogFormat? = nil) {
        self.init(format: format ?? (isatty(STDERR_FILENO) == 1 ? .text : .json), descriptor: STDERR_FILENO)
    }

    init(format: LogFormat, descriptor: Int32) {
        self.format = format
        self.descriptor = descriptor
    }

    public func write(_ record: LogRecord) {
        guard hasRoom else {
            dropped.add(1, ordering: .relaxed)
            return
        }
        let missing = dropped.exchange(0, ordering: .relaxed)
        if missing > 0 {
            var notice = record
            notice.level = .warning
            notice.message = "log lines dropped: the reader did not keep up"
            notice.metadata = [.count: .count(missing)]
            put(format.render(notice))
            guard hasRoom else {
                dropped.add(1, ordering: .relaxed)
                return
            }
        }
        put(format.render(record))
    }

    private var hasRoom: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1 && poll.revents & Int16(POLLOUT) != 0
    }

    private func put(_ line: String) {
        var line = line
        // Nothing can be done about a log that cannot be written, and no request should fail for it.
        line.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
