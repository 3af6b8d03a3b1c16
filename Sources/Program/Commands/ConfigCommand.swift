import Configuration

enum ConfigCommand: Command {
    static let name = "config"
    static let summary = "checks the configuration and shows what is in force, and from where"
    static let forms = [
        Form(
            "check", .none, "names every mistake with file and line, and shows each setting with its source",
            options: [.config, .profile, .data], run: check)
    ]

    @Sendable private static func check(_ arguments: Arguments) throws {
        let reader = try arguments.reader()
        _ = try ShopSettings(reader, data: arguments.data, defaultTransport: .direct, running: Catalogue.names)
        for warning in reader.warnings { Console.error("warning: \(warning)") }
        Console.write(reader.dump())
    }
}
