import HTTPClient
import Runtime

enum StopCommand: Command {
    static let name = "stop"
    static let summary = "stops services of a running shop, gracefully"
    static let usage = "NAME… [--data DIR]"
    static let options = [Option.data]

    static func run(_ arguments: Arguments) throws { try ServiceControl.run("stop", arguments) }
}

enum StartCommand: Command {
    static let name = "start"
    static let summary = "starts stopped services of a running shop"
    static let usage = "NAME… [--data DIR]"
    static let options = [Option.data]

    static func run(_ arguments: Arguments) throws { try ServiceControl.run("start", arguments) }
}

/// What `stop` and `start` have in common.
enum ServiceControl {
    static func run(_ action: String, _ arguments: Arguments) throws {
        guard !arguments.words.isEmpty else { throw UsageError("\(action) needs the name of a service") }
        for name in arguments.words { _ = try Catalogue.service(named: name) }
        let data = arguments.data
        let words = arguments.words
        try withLoop { loop in
            let client = ControlClient(data: data, loop: loop)
            for name in words {
                let status = try await client.command(action, service: name)
                Console.write("\(status.name) is \(status.state)\n")
            }
        }
    }
}

/// A loop for the length of a command.
func withLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) throws -> Value {
    let loop = EventLoop(name: "sambal")
    loop.start()
    defer { loop.stop() }
    return try loop.wait { try await body(loop) }
}
