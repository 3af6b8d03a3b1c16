import HTTP

/// A wrong command line or configuration: exit status 2.
struct UsageError: Error, CustomStringConvertible {
    var description: String { message }

    let message: String

    init(_ message: String) { self.message = message }
}

/// The failure of a command: exit status 1.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String { message }

    let message: String

    init(_ message: String) { self.message = message }
}

/// A shop or service that does not answer: exit status 3.
struct Unreachable: Error, CustomStringConvertible {
    var description: String { message }

    let message: String

    init(_ message: String) { self.message = message }

    /// The connection to `url` failed.
    init(_ url: String, _ error: TransportError) {
        message = "\(url) does not answer (\(error.message)). Is the shop running? `sambal up` starts it."
    }
}

/// Ends the process with a status, without a further message.
struct ExitCode: Error, CustomStringConvertible {
    let code: Int32

    var description: String { "the command ends with status \(code)" }

    /// The exit statuses on which scripts rely; the manual page lists them.
    static let failure: Int32 = 1
    static let usage: Int32 = 2
    static let unreachable: Int32 = 3
    static let threshold: Int32 = 4

    static let meanings: [(code: Int32, meaning: String)] = [
        (0, "The command succeeded, and everything that it compared agrees."),
        (failure, "The command failed, or what it compared differs."),
        (usage, "The command line or the configuration is wrong; nothing was done."),
        (unreachable, "The shop, or a service of it, does not answer."),
        (threshold, "A load test did not meet one of its thresholds."),
    ]
}
