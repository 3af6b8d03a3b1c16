/// The declaration of a command of the program.
protocol Command: Sendable {
    static var name: String { get }
    /// Names that it had before, which work for one more version; a call by one of them warns.
    static var earlierNames: [String] { get }
    /// One line, for the list of commands.
    static var summary: String { get }
    /// The forms in which the command can be called, at least one. Help, shell completion, the manual page and
    /// docs/reference/commands.md are generated from them.
    static var forms: [Form] { get }
}

extension Command {
    static var earlierNames: [String] { [] }
}

/// One way to call a command, for example `events dead retry ID|all`.
struct Form: Sendable {
    /// The words that follow the command's name; empty for a command with a single form.
    let words: [String]
    let operands: Operands
    let summary: String
    let options: [Option]
    /// Whether the form is meant when no word follows the command's name.
    let isDefault: Bool
    let run: @Sendable (Arguments) throws -> Void

    init(
        _ words: String = "", _ operands: Operands = .none, _ summary: String, options: [Option] = [],
        isDefault: Bool = false, run: @escaping @Sendable (Arguments) throws -> Void
    ) {
        self.words = words.split(separator: " ").map(String.init)
        self.operands = operands
        self.summary = summary
        self.options = options
        self.isDefault = isDefault || self.words.isEmpty
        self.run = run
    }

    /// The call without its options.
    func synopsis(of command: String) -> String {
        (["sambal", command] + words + [operands.text]).filter { !$0.isEmpty }.joined(separator: " ")
    }
}

/// The operands after the words of a form.
enum Operands: Sendable {
    case none
    case one(String)
    /// One or more.
    case several(String)
    /// None, or as many as one likes.
    case any(String)

    var text: String {
        switch self {
        case .none: ""
        case .one(let name): name
        case .several(let name): name + "…"
        case .any(let name): "[\(name)…]"
        }
    }

    func accepts(_ count: Int) -> Bool {
        switch self {
        case .none: count == 0
        case .one: count == 1
        case .several: count > 0
        case .any: true
        }
    }
}

/// An option, with a value or without.
struct Option: Sendable {
    let name: String
    /// The placeholder of the value, for example `DIR`; `nil` for an option without a value.
    let value: String?
    let help: String
    /// The values that are possible; empty if any is.
    let choices: [String]

    init(_ name: String, _ value: String?, _ help: String, choices: [String] = []) {
        self.name = name
        self.value = value
        self.help = help
        self.choices = choices
    }

    var synopsis: String { "--" + name + (value.map { " " + $0 } ?? "") }

    static let data = Option("data", "DIR", "the data folder of the shop (default: SAMBAL_DATA, else data)")
    static let config = Option("config", "FILE", "the configuration, in YAML (default: none)")
    static let profile = Option(
        "profile", "NAMES", "the active profiles of the configuration, separated by commas (default: default)")
    static let format = Option(
        "format", "FORMAT", "table or json (default: table)", choices: OutputFormat.allCases.map(\.rawValue))
}

enum Commands {
    static let all: [any Command.Type] = [
        UpCommand.self, ServeCommand.self, StopCommand.self, StartCommand.self, ServicesCommand.self,
        HealthCommand.self,
        MigrateCommand.self, SeedCommand.self,
        DemoCommand.self, LoadTestCommand.self, ReconcileCommand.self, TasksCommand.self, SagasCommand.self,
        EventsCommand.self,
        RebuildCommand.self,
        CopyCommand.self, AdoptCommand.self, DoctorCommand.self, EventStormingCommand.self, ConfigCommand.self,
        APIKeyCommand.self, AuditCommand.self,
        CompletionCommand.self, ManualCommand.self,
    ]

    /// Returns the command of that name, or of that earlier name.
    static func named(_ name: String) -> (any Command.Type)? {
        all.first { $0.name == name } ?? all.first { $0.earlierNames.contains(name) }
    }

    /// Runs the form of a command that `words` select, which follow its name.
    static func run(_ command: any Command.Type, _ words: [String]) throws {
        let (form, rest) = try form(of: command, in: words)
        try form.run(Arguments(rest, of: form, command: command.name))
    }

    /// Returns the form that `words` select, and the remaining words. Throws `UsageError` if there is none.
    static func form(
        of command: any Command.Type, in words: [String]
    ) throws -> (form: Form, rest: ArraySlice<String>) {
        // The longest form counts: `dead list` before `dead`.
        let forms = command.forms.sorted { $0.words.count > $1.words.count }
        if let form = forms.first(where: { words.starts(with: $0.words) && !$0.words.isEmpty }) {
            return (form, words.dropFirst(form.words.count))
        }
        let isBare = words.first.map { $0.hasPrefix("--") } ?? true
        if let form = forms.first(where: { $0.words.isEmpty || ($0.isDefault && isBare) }) { return (form, words[...]) }
        let known = command.forms.map { $0.words.joined(separator: " ") }.joined(separator: ", ")
        throw UsageError(
            (isBare ? "\(command.name) needs one of: " : "\(command.name) has no form \(words[0]); there are: ") + known
                + "; see sambal \(command.name) --help")
    }
}
