import ServiceHost

/// The reference of all commands, made from what they declare: as a manual page and as docs/commands.md.
enum Manual {
    /// roff, as man-pages(7) arranges a page of section 1.
    static var page: String {
        var lines = [
            ".TH SAMBAL 1 \"\" \"Sambal \(Version.current)\" \"User Commands\"", ".SH NAME",
            "sambal \\- orders that are paid exactly once", ".SH SYNOPSIS",
        ]
        for (index, call) in Commands.all.flatMap({ command in command.forms.map { (command, $0) } }).enumerated() {
            if index > 0 { lines.append(".br") }
            lines += [".B \(roff(call.1.synopsis(of: call.0.name)))"]
            if !call.1.options.isEmpty { lines.append("[OPTION VALUE]...") }
        }
        lines += [
            ".SH DESCRIPTION",
            "Sambal is an order-to-payment backend: it places orders, asks a payment provider for their money once, "
                + "delivers them, and tells buyers and sellers.", ".SH COMMANDS",
        ]
        for command in Commands.all {
            for form in command.forms {
                lines += [".SS \(roff(form.synopsis(of: command.name)))", roff(sentence(form.summary))]
                for option in form.options { lines += [".TP", ".B \(roff(option.synopsis))", roff(option.help)] }
            }
        }
        lines += [".SH EXIT STATUS"]
        for (code, meaning) in ExitCode.meanings { lines += [".TP", ".B \(code)", roff(meaning)] }
        lines += [
            ".SH ENVIRONMENT", ".TP", ".B SAMBAL_SECTION_SETTING",
            "Sets one setting of the configuration, for example SAMBAL_ORDER_PORT=9084.", ".TP", ".B SAMBAL_CONFIG_DIR",
            "A folder with one file a setting, as Kubernetes mounts a ConfigMap.", ".TP", ".B NO_COLOR",
            "If it is set, output has no colours.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// docs/commands.md; a test compares the file with it.
    static var markdown: String {
        var text = """
            # Commands

            This page is made by `sambal manual --format markdown`, from what the commands declare; `man sambal` is the
            same after `make install`. `--help` after any of them tells its options. Completion for a shell comes from
            `sambal completion bash`, `zsh` or `fish`.


            """
        for command in Commands.all {
            text += "## sambal \(command.name)\n\n\(sentence(command.summary))\n\n"
            for form in command.forms {
                if command.forms.count > 1 {
                    text += "### \(form.synopsis(of: command.name))\n\n\(sentence(form.summary))"
                    text += form.isDefault ? " It is the default.\n\n" : "\n\n"
                } else {
                    text += "`\(form.synopsis(of: command.name))`\n\n"
                }
                guard !form.options.isEmpty else { continue }
                text += "| option | |\n|---|---|\n"
                for option in form.options { text += "| `\(cell(option.synopsis))` | \(cell(option.help)) |\n" }
                text += "\n"
            }
        }
        text += "## Exit status\n\n| status | |\n|---|---|\n"
        for (code, meaning) in ExitCode.meanings { text += "| \(code) | \(meaning) |\n" }
        return text
    }

    private static func sentence(_ text: String) -> String {
        (text.first.map { $0.uppercased() } ?? "") + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

    /// A dash is a minus at a terminal, and a dot or an apostrophe at a line's beginning is a request (groff(7)).
    private static func roff(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }
}
