import Kernel

enum UpCommand: Command {
    static let name = "up"
    static let summary = "runs the whole shop in this process"
    static let forms = [Form("", .none, summary, options: [.data, .config, .profile], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        try ShopProcess.run(arguments, transport: .direct, services: Catalogue.names) { Welcome($0).text }
    }
}
