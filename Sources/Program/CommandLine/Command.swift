/// A command of the program, as it declares itself.
protocol Command: Sendable {
    static var name: String { get }
    /// One line.
    static var summary: String { get }
    /// What follows the name, for example `NAME…`.
    static var usage: String { get }
    static var options: [Option] { get }

    static func run(_ arguments: Arguments) throws
}

/// An option with a value.
struct Option: Sendable {
    let name: String
    /// What its value is, for example `DIR`.
    let value: String
    let help: String

    init(_ name: String, _ value: String, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
    }

    static let data = Option("data", "DIR", "where the shop keeps its data (default: data)")
    static let config = Option("config", "FILE", "the configuration, in YAML (default: none)")
}

enum Commands {
    static let all: [any Command.Type] = [
        UpCommand.self, ServeCommand.self, StopCommand.self, StartCommand.self, ServicesCommand.self, SeedCommand.self,
        DemoCommand.self, ReconcileCommand.self, SagasCommand.self, TasksCommand.self, EventsCommand.self,
        RebuildCommand.self,
        MoveCommand.self, StormCommand.self, ConfigCommand.self,
    ]
}
