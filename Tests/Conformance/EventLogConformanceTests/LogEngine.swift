import Kernel
import Messaging
import PlatformTestSupport

/// An event log that has to pass the suites of this folder.
struct LogEngine: Sendable, CustomStringConvertible {
    let description: String
    let loops: [LoopKind]
    /// Whether it can be away while the program runs.
    let canBeCut: Bool
    /// Whether it answers by time.
    let knowsTimes: Bool
    /// Makes a place for one test's log.
    let site: @Sendable (TemporaryDirectory, any Loop) async throws -> any LogSite

    static let all = [embedded, kafka]
}

/// One test's log, wherever it is kept.
protocol LogSite: Sendable {
    /// Opens the log, a second time too: as another process would.
    func open() throws -> any EventLog
    func close(_ log: any EventLog) async
    /// The log is away from now on, then it is back.
    func cut()
    func mend()
    func end() async
}

/// A log on a kind of loop.
struct Setting: Sendable, CustomStringConvertible {
    let engine: LogEngine
    let loop: LoopKind

    var description: String { "\(engine), \(loop)" }

    static let all = LogEngine.all.flatMap { engine in engine.loops.map { Setting(engine: engine, loop: $0) } }

    func run(_ body: @escaping @Sendable (Stage) async throws -> Void) async throws {
        try await loop.run { [engine] loop in
            let directory = TemporaryDirectory()
            let site = try await engine.site(directory, loop)
            let log = try site.open()
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(
                    try await body(Stage(engine: engine, directory: directory, loop: loop, site: site, log: log)))
            } catch {
                outcome = .failure(error)
            }
            await site.close(log)
            await site.end()
            try outcome.get()
        }
    }
}
