import Configuration
import Glibc
import HTTP
import Kernel
public import ServiceHost

/// The entry point: finds the command, runs it, and reports an error in one sentence.
public enum Sambal {
    /// Runs the command line, and ends the process if it fails. `services` run beside those of the shop, with the same
    /// commands and settings.
    nonisolated public static func main(adding services: [any ServiceDefinition.Type] = []) {
        Catalogue.add(services)
        // Files that a command writes may have customers' data and secrets: only the owner may read them.
        umask(0o077)
        ProcessLimits.prepare()
        // A peer that closes its connection makes a write fail; it must not end the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            try run(Array(Swift.CommandLine.arguments.dropFirst()))
            try Console.checkOutput()
        } catch {
            let (message, code) = verdict(on: error)
            if let message { Console.error("sambal: \(Printable.text(message, keepingLines: true))") }
            exit(code)
        }
    }

    nonisolated private static func run(_ words: [String]) throws {
        guard let first = words.first, first != "--help", first != "-h", first != "help" else {
            return Console.write(Help.all)
        }
        if first == "--version" { return Console.write("sambal \(Version.current)\n") }
        guard let command = Commands.named(first) else {
            throw UsageError("there is no command \(first); see sambal --help")
        }
        if command.name != first {
            Console.error(
                "sambal: the command \(first) is named \(command.name) now; the next version will not know \(first)")
        }
        let rest = Array(words.dropFirst())
        let asksForHelp = rest.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
        if asksForHelp, rest.first.map({ $0.hasPrefix("-") }) ?? true {
            return Console.write(Help.text(of: command))
        }
        if asksForHelp { return Console.write(Help.text(of: try Commands.form(of: command, in: rest).form, command)) }
        try Commands.run(command, rest)
    }

    /// The sentence for the person at the terminal, and the exit status.
    nonisolated static func verdict(on error: any Error) -> (message: String?, code: Int32) {
        switch error {
        case let error as ExitCode: (nil, error.code)
        case let error as UsageError: (error.message, ExitCode.usage)
        case let error as ConfigurationError: (ErrorText.of(error), ExitCode.usage)
        case let error as Unreachable: (error.message, ExitCode.unreachable)
        case let error as CommandFailure: (error.message, ExitCode.failure)
        case let error as TransportError: ("the shop does not answer: \(error.message)", ExitCode.unreachable)
        default: (ErrorText.of(error), ExitCode.failure)
        }
    }
}

typealias Version = SambalVersion
