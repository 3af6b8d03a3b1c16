import ServiceHost

/// Completion scripts for shells, made from what the commands declare.
enum Completion: String, CaseIterable {
    case bash, zsh, fish

    var script: String {
        switch self {
        case .bash: Self.bashScript
        // zsh runs bash's completion functions (zshcompsys(1), "bashcompinit").
        case .zsh: "#compdef sambal\nautoload -U +X bashcompinit && bashcompinit\n" + Self.bashScript
        case .fish: Self.fishScript
        }
    }

    /// A position in a call: the words so far, and the words that may follow.
    private struct Place {
        let words: [String]
        var next: [String]
    }

    private static var places: [Place] {
        var places = [Place(words: [], next: Commands.all.map { $0.name } + ["--help", "--version"])]
        func add(_ next: [String], after words: [String]) {
            if let index = places.firstIndex(where: { $0.words == words }) {
                places[index].next += next.filter { !places[index].next.contains($0) }
            } else {
                places.append(Place(words: words, next: next))
            }
        }
        for command in Commands.all {
            for form in command.forms {
                for (length, word) in form.words.enumerated() {
                    add([word], after: [command.name] + form.words.prefix(length))
                }
                add(
                    names(for: form, of: command) + form.options.map { "--" + $0.name } + ["--help"],
                    after: [command.name] + form.words)
            }
        }
        return places
    }

    /// The services that an operand may name.
    private static func names(for form: Form, of command: any Command.Type) -> [String] {
        guard form.operands.text.drop(while: { $0 == "[" }).hasPrefix("NAME"), form.words.isEmpty else { return [] }
        let services = Catalogue.byPort
        switch command.name {
        case RebuildCommand.name: return services.filter { $0.kind == .readModel }.map { $0.name }
        case CopyCommand.name, MigrateCommand.name: return services.filter { $0.kind.hasDatabase }.map { $0.name }
        default: return services.map { $0.name }
        }
    }

    /// The values that options take, by option.
    private static var choices: [Choice] {
        var choices: [Choice] = []
        let options = Commands.all.flatMap { $0.forms }.flatMap { $0.options }
        for option in options where !option.choices.isEmpty {
            if let index = choices.firstIndex(where: { $0.option == option.name }) {
                choices[index].values += option.choices.filter { !choices[index].values.contains($0) }
            } else {
                choices.append(Choice(option: option.name, values: option.choices))
            }
        }
        return choices
    }

    private struct Choice {
        let option: String
        var values: [String]
    }

    private static let files = ["config"]
    private static let folders = ["data"]

    private static var bashScript: String {
        let cases = places.map { place in
            "    '\(place.words.joined(separator: " "))') next='\(place.next.joined(separator: " "))' ;;"
        }
        let values = choices.map {
            "    --\($0.option)) COMPREPLY=($(compgen -W '\($0.values.joined(separator: " "))' -- \"$word\")); return ;;"
        }
        return """
            # Completion of sambal for bash. Made by: sambal completion bash
            _sambal() {
              local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words='' next='' part
              case $previous in
            \(values.joined(separator: "\n"))
                \(files.map { "--\($0)" }.joined(separator: "|"))) COMPREPLY=($(compgen -f -- "$word")); return ;;
                \(folders.map { "--\($0)" }.joined(separator: "|"))) COMPREPLY=($(compgen -d -- "$word")); return ;;
              esac
              for part in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case $part in -*) break ;; esac
                words="${words:+$words }$part"
              done
              while :; do
                case $words in
            \(cases.map { "  " + $0 }.joined(separator: "\n"))
                esac
                [ -n "$next" ] && break
                case $words in *' '*) words=${words% *} ;; *) break ;; esac
              done
              COMPREPLY=($(compgen -W "$next" -- "$word"))
            }
            complete -F _sambal sambal

            """
    }

    private static var fishScript: String {
        var lines = ["# Completion of sambal for fish. Made by: sambal completion fish", "complete -c sambal -f"]
        for command in Commands.all {
            lines.append(
                "complete -c sambal -n __fish_use_subcommand -a \(command.name) -d \(quoted(command.summary))")
            for form in command.forms {
                for word in form.words {
                    lines.append("complete -c sambal -n '__fish_seen_subcommand_from \(command.name)' -a \(word)")
                }
                for name in names(for: form, of: command) {
                    lines.append("complete -c sambal -n '__fish_seen_subcommand_from \(command.name)' -a \(name)")
                }
                for option in form.options {
                    let values =
                        option.choices.isEmpty ? "" : " -a \(quoted(option.choices.joined(separator: " ")))"
                    let kind = option.value == nil ? "" : files.contains(option.name) ? " -r -F" : " -x"
                    lines.append(
                        "complete -c sambal -n '__fish_seen_subcommand_from \(command.name)' -l \(option.name)\(kind)"
                            + "\(values) -d \(quoted(option.help))")
                }
            }
        }
        var seen: Set<String> = []
        return lines.filter { seen.insert($0).inserted }.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
