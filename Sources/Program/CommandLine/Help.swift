import ServiceHost

/// What `--help` shows.
enum Help {
    static var all: String {
        let width = Commands.all.map { $0.name.count }.max() ?? 0
        let lines = Commands.all.map { "  " + padded($0.name, width) + "  " + $0.summary }
        return """
            sambal \(Version.current): orders that are paid exactly once

            Usage: sambal COMMAND

            \(lines.joined(separator: "\n"))

            sambal COMMAND --help tells more of a command.

            """
    }

    static func text(of command: any Command.Type) -> String {
        let width = command.options.map { call($0).count }.max() ?? 0
        let options = command.options.map { "  " + padded(call($0), width) + "  " + $0.help }
        return "sambal \(call(command)): \(command.summary)\n"
            + (options.isEmpty ? "" : "\n" + options.joined(separator: "\n") + "\n")
    }

    private static func call(_ command: any Command.Type) -> String {
        command.usage.isEmpty ? command.name : command.name + " " + command.usage
    }

    private static func call(_ option: Option) -> String { "--\(option.name) \(option.value)" }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
