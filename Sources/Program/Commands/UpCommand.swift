import Kernel

enum UpCommand: Command {
    static let name = "up"
    static let summary = "runs the whole shop in this process"
    static let usage = "[--data DIR] [--config FILE]"
    static let options = [Option.data, .config]

    static func run(_ arguments: Arguments) throws {
        try arguments.none(for: Self.self)
        let settings = try arguments.settings(data: arguments.data, transport: .direct)
        try ShopProcess(settings, services: Catalogue.names, data: arguments.data).run { shop in
            Console.write(Welcome(shop).text)
        }
    }
}
