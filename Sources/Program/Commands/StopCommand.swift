import HTTPClient
import Runtime

enum StopCommand: Command {
    static let name = "stop"
    static let summary = "stops services of a running shop, gracefully"
    static let forms = [
        Form("", .several("NAME"), summary, options: [.data]) { try ServiceControl.run("stop", $0) }
    ]
}

enum StartCommand: Command {
    static let name = "start"
    static let summary = "starts stopped services of a running shop"
    static let forms = [
        Form("", .several("NAME"), summary, options: [.data]) { try ServiceControl.run("start", $0) }
    ]
}

/// Tells a running shop to stop or start services.
enum ServiceControl {
    static func run(_ action: String, _ arguments: Arguments) throws {
        for name in arguments.operands { _ = try Catalogue.service(named: name) }
        let data = arguments.data
        let words = arguments.operands
        try withLoop { loop in
            let client = ControlClient(data: data, loop: loop)
            for name in words {
                let status = try await client.command(action, service: name)
                Console.write("\(status.name) is \(status.state)\n")
            }
        }
    }
}
