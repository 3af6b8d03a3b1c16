import FoundationEssentials
import Glibc

/// The terminal, or the file or pipe in its place.
enum Console {
    static func write(_ text: String) {
        guard put(text, to: STDOUT_FILENO) else {
            // The reader has closed the pipe, as in `sambal events tail | head`.
            _exit(0)
        }
    }

    /// Writes a message of a running shop. The shop continues if nobody reads it.
    static func announce(_ text: String) { _ = put(text, to: STDOUT_FILENO) }

    static func error(_ line: String) { _ = put(line + "\n", to: STDERR_FILENO) }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether the output is a pipe whose reader has gone: nothing that is written would be read.
    static var isAbandoned: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) > 0 && Int32(output.revents) & Int32(POLLERR) != 0
    }

    /// Columns of the terminal; `nil` if the output is no terminal, so that nothing is cut.
    static var width: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Colours are for terminals only, and not wanted if `NO_COLOR` is set (https://no-color.org) or the terminal is dumb.
    static var hasColours: Bool {
        guard isTerminal else { return false }
        let environment = ProcessInfo.processInfo.environment
        return (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// Returns whether all of it was written.
    private static func put(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return errno != EPIPE }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
