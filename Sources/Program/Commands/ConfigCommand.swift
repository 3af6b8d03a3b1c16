import Configuration
import ServiceHost

enum ConfigCommand: Command {
    static let name = "config"
    static let summary = "checks the configuration, shows the settings in force, and lists all settings there are"
    static let forms = [
        Form(
            "check", .none, "names every mistake with file and line, and shows each setting and where it comes from",
            options: [.config, .profile, .data], run: check),
        Form(
            "reference", .none, "lists all settings: key, type, default, environment variable and meaning",
            options: [
                Option(
                    "format", "FORMAT", "markdown or json (default: markdown)", choices: ["markdown", "json"])
            ], run: reference),
    ]

    @Sendable private static func check(_ arguments: Arguments) throws {
        let reader = try arguments.reader()
        let settings = try ShopSettings(
            reader, data: arguments.data, defaultTransport: .direct, running: Catalogue.names)
        for definition in settings.definitions { try definition.checkFiles() }
        for warning in reader.warnings { Console.error("warning: \(warning)") }
        Console.write(reader.dump())
    }

    @Sendable private static func reference(_ arguments: Arguments) throws {
        Console.write(
            arguments.string("format") == "json" ? try SettingsReference.json : SettingsReference.markdown)
    }
}
