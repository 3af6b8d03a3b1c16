import Kernel
import Runtime
import ServiceHost

enum ServicesCommand: Command {
    static let name = "services"
    static let summary = "lists the services, their kinds and ports, and which of them run"
    static let forms = [Form("", .none, summary, options: [.data, .format], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let data = arguments.data
        let processes = try withLoop { loop in try await ControlClient(data: data, loop: loop).services() }
        let running = processes.flatMap(\.services)
        var table = Table([
            .init("SERVICE"), .init("PORT"), .init("KIND"), .init("CALLS", isFlexible: true),
            .init("STATE", isStatus: true),
            .init("WHAT IS AWAY", key: "away", isFlexible: true),
            .init("WHAT IT OWNS OR DOES", key: "summary", isFlexible: true),
        ])
        for service in Catalogue.byPort {
            let status = running.first { $0.name == service.name }
            table.add(
                service.name, String(service.port), service.kind.rawValue,
                service.calls.isEmpty ? nil : service.calls.joined(separator: ", "),
                status?.state, status.flatMap { $0.failures.isEmpty ? nil : $0.failures.joined(separator: "; ") },
                service.summary)
        }
        Console.write(try table.rendered(as: arguments.format))
        guard processes.isEmpty else { return }
        Console.error("sambal: no shop runs on the data folder \(data)")
        throw ExitCode(code: ExitCode.unreachable)
    }
}
