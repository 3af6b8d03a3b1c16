import ServiceHost

/// The texts that `--help` shows.
enum Help {
    static var all: String {
        let width = Commands.all.map { $0.name.count }.max() ?? 0
        let lines = Commands.all.map { "  " + padded($0.name, width) + "  " + $0.summary }
        return """
            sambal \(Version.current): orders that are paid exactly once

            Usage: sambal COMMAND

            \(lines.joined(separator: "\n"))

            sambal COMMAND --help shows the help of a command.

            """
    }

    /// The help of a whole command: all its forms. A command with one form shows the options too.
    static func text(of command: any Command.Type) -> String {
        if command.forms.count == 1, let form = command.forms.first { return text(of: form, command) }
        let calls = command.forms.map { form in
            (form.synopsis(of: command.name), form.summary + (form.isDefault ? " (the default)" : ""))
        }
        let width = calls.map(\.0.count).max() ?? 0
        return "\(command.name): \(command.summary)\n\n"
            + calls.map { "  " + padded($0.0, width) + "  " + $0.1 + "\n" }.joined()
            + "\nsambal \(command.name) WORDS --help shows the options of one.\n"
    }

    static func text(of form: Form, _ command: any Command.Type) -> String {
        let width = form.options.map(\.synopsis.count).max() ?? 0
        let options = form.options.map { "  " + padded($0.synopsis, width) + "  " + $0.help + "\n" }
        return "\(form.synopsis(of: command.name)): \(form.summary)\n"
            + (options.isEmpty ? "" : "\n" + options.joined())
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
