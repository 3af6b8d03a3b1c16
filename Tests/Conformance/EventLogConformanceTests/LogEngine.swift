import Kernel
import Messaging
import MessagingEmbedded
import PlatformTestSupport

/// An event log that has to pass the suites of this folder.
struct LogEngine: Sendable, CustomStringConvertible {
    let description: String
    /// Opens the log of that folder, a second time too: as another process would.
    let open: @Sendable (TemporaryDirectory, any Loop) throws -> any EventLog
    let close: @Sendable (any EventLog) async -> Void

    static let embedded = LogEngine(description: "embedded") { directory, loop in
        try EmbeddedEventLog(path: directory.file("events.db"), loop: loop)
    } close: { log in
        await (log as? EmbeddedEventLog)?.close()
    }

    static let all = [embedded]
}

/// A log on a kind of loop.
struct Setting: Sendable, CustomStringConvertible {
    let engine: LogEngine
    let loop: LoopKind

    var description: String { "\(engine), \(loop)" }

    static let all = LogEngine.all.flatMap { engine in LoopKind.allCases.map { Setting(engine: engine, loop: $0) } }

    func run(_ body: @escaping @Sendable (Stage) async throws -> Void) async throws {
        try await loop.run { [engine] loop in
            let directory = TemporaryDirectory()
            let log = try engine.open(directory, loop)
            try await body(Stage(engine: engine, directory: directory, loop: loop, log: log))
            await engine.close(log)
        }
    }
}
