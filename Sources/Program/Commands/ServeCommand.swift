import ServiceHost

enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "runs the named services alone in this process"
    static let usage = "NAME… [--data DIR] [--config FILE]"
    static let options = [Option.data, .config]

    static func run(_ arguments: Arguments) throws {
        guard !arguments.words.isEmpty else {
            throw UsageError(
                "serve needs the name of a service: \(Catalogue.byPort.map { $0.name }.joined(separator: ", "))")
        }
        for name in arguments.words { _ = try Catalogue.service(named: name) }
        let settings = try arguments.settings(data: arguments.data, transport: .sockets)
        try ShopProcess(settings, services: arguments.words, data: arguments.data).run { shop in
            for service in shop.host.services {
                Console.write("\(service.name) is ready at \(service.address ?? "-")\n")
            }
        }
    }
}
