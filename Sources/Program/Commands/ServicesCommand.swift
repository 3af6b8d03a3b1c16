import Kernel
import Runtime
import ServiceHost

enum ServicesCommand: Command {
    static let name = "services"
    static let summary = "lists the services, their kinds and ports, and which of them run"
    static let usage = "[--data DIR]"
    static let options = [Option.data]

    static func run(_ arguments: Arguments) throws {
        try arguments.none(for: Self.self)
        let data = arguments.data
        let running = try withLoop { loop in
            try await ControlClient(data: data, loop: loop).services().flatMap(\.services)
        }
        var table = Table("SERVICE", "PORT", "KIND", "CALLS", "STATE", "WHAT IT OWNS OR DOES")
        for service in Catalogue.byPort {
            let state = running.first { $0.name == service.name }?.state ?? "-"
            let calls = service.calls.isEmpty ? "-" : service.calls.joined(separator: ", ")
            table.add(service.name, String(service.port), service.kind.rawValue, calls, state, service.summary)
        }
        Console.write(table.text)
    }
}
