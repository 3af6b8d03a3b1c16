import HTTP
import HTTPClient
import Kernel
import ServiceHost

/// Rebuilds a read model from the event log, while its service still answers from the old one.
enum RebuildCommand: Command {
    static let name = "rebuild"
    static let summary = "rebuilds a read model from the event log, while the old one is still read"
    static let forms = [Form("", .one("NAME"), summary, options: [.config], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let settings = try arguments.settings(data: "data", transport: .sockets)
        let models = Catalogue.byPort.filter { $0.kind == .readModel }.map { $0.name }
        guard models.contains(arguments.operands[0]) else {
            throw UsageError("rebuild needs the name of a read model: \(models.joined(separator: ", "))")
        }
        let url = settings.place(of: arguments.operands[0]).url + "/rebuild"
        let last = try withClient { loop, client in
            var progress = try decode(try await client.ask(.post, url, headers: Headers().byOperatingUser()))
            let generation = progress.generation
            var shown = ""
            while progress.phase != "idle" {
                let line = "\(progress.handled ?? 0) events handled, \(progress.lag ?? 0) to go"
                if Console.isTerminal, line != shown { Console.write("\r  \(progress.phase): \(line)\u{1B}[K") }
                shown = line
                try await loop.sleep(for: .milliseconds(200))
                progress = try decode(try await client.ask(.get, url))
            }
            guard progress.generation > generation else { throw CommandFailure("the rebuild at \(url) was given up") }
            return progress
        }
        Console.write(
            (Console.isTerminal ? "\r\u{1B}[K" : "")
                + "  \(last.service) was rebuilt at \(last.finishedAt ?? "-"); it started at \(last.startedAt ?? "-")\n"
        )
    }

    private struct Progress: Decodable, Sendable {
        let service: String
        let phase: String
        let generation: Int
        let startedAt: String?
        let finishedAt: String?
        let handled: Int?
        let lag: Int?
    }

    private static func decode(_ response: Response) throws -> Progress {
        try JSON.decode(Progress.self, from: response.body)
    }
}
