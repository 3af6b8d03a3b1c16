import Kernel

enum UpCommand: Command {
    static let name = "up"
    static let summary = "runs the whole shop in this process"
    static let forms = [Form("", .none, summary, options: [.data, .config, .profile], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let settings = try arguments.settings(data: arguments.data, transport: .direct, running: Catalogue.names)
        let file = arguments.string("config").map { file in
            ConfigurationWatch(file) {
                try arguments.settings(data: arguments.data, transport: .direct, running: Catalogue.names)
            }
        }
        try ShopProcess(settings, services: Catalogue.names, data: arguments.data, file: file).run { shop in
            Console.announce(Welcome(shop).text)
        }
    }
}
