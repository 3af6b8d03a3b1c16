import Glibc
public import ServiceHost

/// The program: finds the command, runs it, and says what went wrong in one line.
public enum Sambal {
    /// Does what the command line says, and ends the process where that fails. `services` are run beside the shop's own,
    /// by the same commands and settings.
    nonisolated public static func main(adding services: [any ServiceDefinition.Type] = []) {
        Catalogue.add(services)
        // A peer that goes away while it is written to is an error of that write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        var words = Array(Swift.CommandLine.arguments.dropFirst())
        do {
            try run(&words)
        } catch let error as UsageError {
            Console.error("sambal: \(error.message)")
            exit(2)
        } catch let error as ExitCode {
            exit(error.code)
        } catch {
            Console.error("sambal: \(error)")
            exit(1)
        }
    }

    nonisolated private static func run(_ words: inout [String]) throws {
        guard let first = words.first, first != "--help", first != "-h", first != "help" else {
            return Console.write(Help.all)
        }
        if first == "--version" { return Console.write("sambal \(Version.current)\n") }
        guard let command = Commands.all.first(where: { $0.name == first }) else {
            throw UsageError("there is no command \(first); see sambal --help")
        }
        words.removeFirst()
        if words.contains("--help") || words.contains("-h") { return Console.write(Help.text(of: command)) }
        try command.run(Arguments(words, of: command))
    }
}

/// The process should end with this status; what there is to say was said.
struct ExitCode: Error {
    let code: Int32
}
