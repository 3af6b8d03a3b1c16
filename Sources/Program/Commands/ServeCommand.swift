import ServiceHost

enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "runs the named services alone in this process"
    static let forms = [Form("", .several("NAME"), summary, options: [.data, .config, .profile], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        for name in arguments.operands { _ = try Catalogue.service(named: name) }
        let settings = try arguments.settings(data: arguments.data, transport: .sockets, running: arguments.operands)
        let file = arguments.string("config").map { file in
            ConfigurationWatch(file) {
                try arguments.settings(data: arguments.data, transport: .sockets, running: arguments.operands)
            }
        }
        try ShopProcess(settings, services: arguments.operands, data: arguments.data, file: file).run { shop in
            for service in shop.host.services {
                Console.announce("\(service.name) is ready at \(service.address ?? "-")\n")
            }
        }
    }
}
