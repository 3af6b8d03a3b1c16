import Glibc
import HTTP
import Kernel
import Synchronization

enum AccessLogFormat: String, Sendable, CaseIterable {
    case off, json, combined
}

/// Writes one line for each request that was answered. Queries are left out: they may hold what is nobody's business.
///
/// It never waits: where the reader at the other end does not keep up, lines are dropped and counted in the next one.
final class AccessLog: Sendable {
    struct Entry: Sendable {
        let time: Timestamp
        let client: String
        let method: String
        let path: String
        let status: Int
        var bytes: Int
        var duration: Duration
        let route: String
        let requestID: String
        let referrer: String
        let agent: String
        /// The side that has cut the answer off; `nil` if it is whole.
        var cut: Cut?
    }
    enum Cut: String, Sendable, Encodable {
        case client, upstream
    }

    private let format: AccessLogFormat
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let dropped = Atomic(0)
    private let isCut = Atomic(false)

    /// `nil` if there is nothing to write. Throws a text if the file cannot be opened.
    init?(_ format: AccessLogFormat, file: String?) throws {
        guard format != .off else { return nil }
        self.format = format
        ownsDescriptor = file != nil
        guard let file else {
            descriptor = STDOUT_FILENO
            return
        }
        // A pipe that nobody reads would hold up the start for ever.
        descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else {
            let reason =
                errno == ENXIO
                ? "it is a pipe that nobody reads; start its reader first, or name a file as gateway.accessLogFile"
                : String(cString: strerror(errno))
            throw AccessLogError(description: "the access log \(file) cannot be opened: \(reason)")
        }
    }

    deinit {
        if ownsDescriptor { close(descriptor) }
    }

    /// A pipe that is ready takes that many bytes without making the writer wait (POSIX, `PIPE_BUF`), and lines of other
    /// writers do not come between them. `Entry.bounded` keeps to it.
    static let lineLimit = 4096

    func write(_ entry: Entry) {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard Glibc.poll(&poll, 1, 0) == 1, poll.revents & Int16(POLLOUT) != 0 else {
            dropped.add(1, ordering: .relaxed)
            return
        }
        var line = Self.line(entry, format, dropped: dropped.exchange(0, ordering: .relaxed))
        if isCut.exchange(false, ordering: .relaxed) { line = "\n" + line }
        let (written, length) = line.withUTF8 { (Glibc.write(descriptor, $0.baseAddress, $0.count), $0.count) }
        guard written < length else { return }
        // The pipe is full or has no reader; what it took of a line is ended before the next one.
        dropped.add(1, ordering: .relaxed)
        isCut.store(written > 0, ordering: .relaxed)
    }

    /// Writes the line at the end of an answer that is passed on in pieces, with the bytes that the client's side has taken; at
    /// once of any other.
    func write(_ entry: Entry, ofAnswer stream: BodyStream?, duration: @escaping @Sendable () -> Duration) {
        guard let stream else { return write(entry) }
        stream.whenOver { [weak stream] result in
            var entry = entry
            entry.bytes = stream?.taken ?? 0
            entry.duration = duration()
            switch result {
            case .completed: break
            case .cancelled: entry.cut = .client
            case .failed: entry.cut = .upstream
            }
            self.write(entry)
        }
    }

    static func line(_ entry: Entry, _ format: AccessLogFormat, dropped: Int = 0) -> String {
        let entry = entry.bounded
        return format == .json ? json(entry, dropped: dropped) : combined(entry)
    }

    private struct Line: Encodable {
        let time: String
        let client: String
        let method: String
        let path: String
        let status: Int
        let bytes: Int
        let duration: Double
        let route: String
        let requestID: String
        let referrer: String
        let agent: String
        let cut: Cut?
        let dropped: Int?

        enum CodingKeys: String, CodingKey {
            case time, client, method, path, status, bytes, route, referrer, cut, dropped
            case duration = "duration_seconds"
            case requestID = "request_id"
            case agent = "user_agent"
        }
    }

    private static func json(_ entry: Entry, dropped: Int) -> String {
        let line = Line(
            time: entry.time.description, client: entry.client, method: entry.method, path: entry.path,
            status: entry.status, bytes: entry.bytes, duration: entry.duration.seconds, route: entry.route,
            requestID: entry.requestID, referrer: entry.referrer, agent: entry.agent, cut: entry.cut,
            dropped: dropped > 0 ? dropped : nil)
        // Text and numbers only, which always encode.
        return ((try? JSON.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }

    /// The combined log format of Apache's mod_log_config.
    private static func combined(_ entry: Entry) -> String {
        "\(safe(entry.client)) - - [\(date(entry.time))] \"\(safe(entry.method)) \(safe(entry.path)) HTTP/1.1\" "
            + "\(entry.status) \(entry.bytes) \"\(safe(entry.referrer))\" \"\(safe(entry.agent))\"\n"
    }

    private static func safe(_ text: String) -> String {
        if text.isEmpty { return "-" }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func date(_ time: Timestamp) -> String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(parts.tm_mday))/\(months[Int(parts.tm_mon)])/\(parts.tm_year + 1900):\(two(parts.tm_hour)):"
            + "\(two(parts.tm_min)):\(two(parts.tm_sec)) +0000"
    }
}

extension AccessLog.Entry {
    /// The entry with what the client has chosen cut so that its line fits into `AccessLog.lineLimit`, in both formats.
    fileprivate var bounded: Self {
        Self(
            time: time, client: Self.cut(client, to: 64), method: Self.cut(method, to: 32),
            path: Self.cut(path, to: 1500), status: status, bytes: bytes, duration: duration,
            route: Self.cut(route, to: 128), requestID: Self.cut(requestID, to: 256),
            referrer: Self.cut(referrer, to: 800), agent: Self.cut(agent, to: 800), cut: cut)
    }

    /// Ends a text with `…` before it has more than `limit` bytes once it is escaped.
    private static func cut(_ text: String, to limit: Int) -> String {
        // No byte takes more than six, as `\u001f` does.
        guard text.utf8.count * 6 > limit else { return text }
        var (size, kept) = (0, String.UnicodeScalarView())
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\", "/": size += 2
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: size += 6
            default: size += UTF8.width(scalar)
            }
            guard size <= limit else { return String(kept) + "…" }
            kept.append(scalar)
        }
        return text
    }
}

/// Why the access log cannot be written.
struct AccessLogError: Error, CustomStringConvertible {
    let description: String
}
