import Kernel
import ServiceHost

enum UpCommand: Command {
    static let name = "up"
    static let summary = "runs the whole shop in this process"
    static let forms = [Form("", .none, summary, options: [.data, .config, .profile], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        try ShopProcess.run(arguments, transport: .direct, services: Catalogue.names) { Welcome($0).text }
    }
}

enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "runs the named services alone in this process"
    static let forms = [Form("", .several("NAME"), summary, options: [.data, .config, .profile], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        for name in arguments.operands { _ = try Catalogue.service(named: name) }
        try ShopProcess.run(arguments, transport: .sockets, services: arguments.operands) { shop in
            shop.host.services.map { "\($0.name) is ready at \($0.address ?? "-")\n" }.joined()
        }
    }
}
