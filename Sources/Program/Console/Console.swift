import FoundationEssentials
import Glibc
import Synchronization

/// The terminal, or the file or pipe in its place.
enum Console {
    /// Writes what a command shows. A command that could not write all of it finishes its work, and fails at its end.
    static func write(_ text: String) {
        guard let code = put(text, to: STDOUT_FILENO) else { return }
        // The reader has closed the pipe, as in `sambal events tail | head`.
        if code == EPIPE { _exit(0) }
        _ = failure.compareExchange(expected: 0, desired: code, ordering: .relaxed)
    }

    /// The code of the first error with which the output could not be written; 0 without one.
    private static let failure = Atomic<Int32>(0)

    /// Throws if a part of the output could not be written, for example because the disk is full.
    static func checkOutput() throws(CommandFailure) {
        let code = failure.load(ordering: .relaxed)
        guard code != 0 else { return }
        throw CommandFailure("a part of the output could not be written: \(String(cString: strerror(code)))")
    }

    /// Writes a message of a running shop. The shop continues if nobody reads it.
    static func announce(_ text: String) { _ = put(text, to: STDOUT_FILENO) }

    static func error(_ line: String) { _ = put(line + "\n", to: STDERR_FILENO) }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether the output is a pipe whose reader has gone, or takes nothing: nothing that is written would be read.
    static var isAbandoned: Bool {
        if failure.load(ordering: .relaxed) != 0 { return true }
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

    /// Returns the error's code if not all of it was written.
    private static func put(_ text: String, to descriptor: Int32) -> Int32? {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            rest = rest.dropFirst(count)
        }
        return nil
    }
}
