import Glibc

/// What the program says to the person at the terminal.
enum Console {
    static func write(_ text: String) { put(text, to: STDOUT_FILENO) }

    static func error(_ line: String) { put(line + "\n", to: STDERR_FILENO) }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    private static func put(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
