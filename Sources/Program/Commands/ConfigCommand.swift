import Configuration

enum ConfigCommand: Command {
    static let name = "config"
    static let summary = "checks the configuration and shows what is in force, and from where"
    static let usage = "check [--config FILE] [--data DIR]"
    static let options = [Option.config, .data]

    static func run(_ arguments: Arguments) throws {
        guard arguments.words == ["check"] else { throw UsageError("it is: sambal config \(usage)") }
        let reader = try arguments.reader()
        _ = try ShopSettings(reader, data: arguments.data, defaultTransport: .direct)
        Console.write(reader.dump())
    }
}
