import Configuration
import GatewayService
import Kernel
import ServiceHost

enum ConfigCommand: Command {
    static let name = "config"
    static let summary = "checks the configuration, shows the settings in force, and lists all settings there are"
    static let forms = [
        Form(
            "check", .none,
            "names every mistake with file and line, shows each setting and where it comes from, and which routes are open",
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
        let remarks = try settings.definitions.flatMap { try $0.checkFiles(at: .ofSystem) }
        for warning in reader.warnings.map(\.description) + remarks { Console.error("warning: \(warning)") }
        Console.write(reader.dump())
        for case let gateway as GatewayService in settings.definitions { Console.write(openness(of: gateway)) }
        Console.write(trust(of: settings))
    }

    /// Says whom the ports of services answer, as a comment of YAML.
    private static func trust(of settings: ShopSettings) -> String {
        let open = Catalogue.byPort.filter { !$0.isEntry }.map { $0.name }.filter {
            settings.place(of: $0).trust == .open
        }
        guard !open.isEmpty else { return "# The ports of all services ask for service tokens.\n" }
        return "# Every program on this machine is answered at the ports of \(open.joined(separator: ", ")) "
            + "(trust: open, docs/access.md#between-services).\n"
    }

    /// Says which routes ask nobody who they are, as comments of YAML.
    private static func openness(of gateway: GatewayService) -> String {
        let open = gateway.openRoutes
        let text =
            open.isEmpty
            ? "every route of the gateway asks for an access token"
            : "\(open.count) of \(gateway.routeCount) routes of the gateway ask for no access token: "
                + open.joined(separator: ", ")
        return "# \(text).\n"
    }

    @Sendable private static func reference(_ arguments: Arguments) throws {
        Console.write(
            arguments.string("format") == "json" ? try SettingsReference.json : SettingsReference.markdown)
    }
}
