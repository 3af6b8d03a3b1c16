import Foundation
import PlatformTestSupport
import Synchronization

/// The product as a real process, with a data folder and ports of its own.
final class ShopUnderTest: Sendable {
    let data: URL
    let ports: [String: Int]
    private let layout: Layout
    private let eventLog: LogUnderTest?
    private let processes = Mutex<[Process]>([])

    static let services = [
        "product", "customer", "cart", "order", "payment", "delivery", "dashboard", "gateway", "notification", "email",
        "sms", "psp",
    ]

    /// `configuration` is YAML that is put after the ports; a section that needs a port too takes `port: {name}`.
    /// `transport` is how the services of one process call each other; `common` are lines outside of the sections, of a
    /// test that brings an event log of its own. `layout` is the standard one where a test neither says nor brings any.
    init(
        _ sections: [String: [String]] = [:], transport: String? = nil, common: [String] = [], layout: Layout? = nil
    ) throws {
        self.layout = layout ?? (common.isEmpty ? .standard : .together)
        eventLog = self.layout == .spread ? LogUnderTest(.kafka) : nil
        data = FileManager.default.temporaryDirectory.appending(path: "sambal-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        ports = Dictionary(uniqueKeysWithValues: zip(Self.services, try FreePorts.find(Self.services.count)))
        let lines = common + (eventLog?.configuration ?? []) + (transport.map { ["transport: \($0)"] } ?? [])
        var yaml = lines.map { "\($0)\n" }.joined()
        let profile = try Profile.named(Profile.name, data: data.path())
        for service in Self.services {
            yaml += "\(service):\n  port: \(ports[service]!)\n"
            // After a kill, a message that was on its way is tried again when its timeout is over.
            let standard = service == "notification" && sections[service] == nil ? ["timeout: 1s"] : []
            var lines = standard + (sections[service] ?? [])
            if !lines.contains(where: { $0.hasPrefix("database:") }), let database = profile.databases[service] {
                lines.append("database: \(database)")
            }
            for line in lines { yaml += "  \(line)\n" }
        }
        try yaml.write(to: configuration, atomically: true, encoding: .utf8)
    }

    deinit {
        let processes = processes.withLock { $0 }
        for process in processes where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        for process in processes { process.waitUntilExit() }
        eventLog?.end()
        try? FileManager.default.removeItem(at: data)
    }

    var configuration: URL { data.appending(path: "config.yaml") }

    func url(_ service: String, _ path: String) -> URL {
        URL(string: "http://127.0.0.1:\(ports[service]!)\(path)")!
    }

    /// Starts the whole shop in its layout and waits until every service is ready.
    @discardableResult
    func up(environment: [String: String] = [:]) async throws -> RunningShop {
        let commands = layout == .together ? [["up"]] : Self.services.map { ["serve", $0] }
        let running = RunningShop(processes: try commands.map { try start($0, environment: environment) })
        try await ready(Self.services)
        return running
    }

    /// Starts the whole shop in one process, whether its services become ready or not.
    func upWithoutWaiting() throws -> RunningShop { RunningShop(processes: [try start(["up"])]) }

    /// Starts one service as a process of its own.
    @discardableResult
    func serve(_ service: String, environment: [String: String] = [:]) async throws -> Process {
        let process = try start(["serve", service], environment: environment)
        try await ready([service])
        return process
    }

    /// Starts one more instance of a service, on a port of its own and with the same database.
    @discardableResult
    func serve(_ service: String, port: Int) async throws -> Process {
        let process = try start(["serve", service], environment: ["SAMBAL_\(service.uppercased())_PORT": "\(port)"])
        try await eventually("\(service) on \(port) is ready") {
            try await HTTP.get(URL(string: "http://127.0.0.1:\(port)/readyz")!).status == 200
        }
        return process
    }

    func ready(_ services: [String]) async throws {
        for service in services {
            try await eventually("\(service) is ready") { try await HTTP.get(url(service, "/readyz")).status == 200 }
        }
    }

    /// Starts a process and waits for nothing.
    func begin(_ words: [String]) throws -> Process { try start(words) }

    /// Runs a command to its end.
    @discardableResult
    func run(_ words: [String]) async throws -> CommandResult {
        try await CommandResult.run(Self.program, words)
    }

    func command(_ action: String, _ service: String) async throws {
        let result = try await run([action, service, "--data", data.path()])
        guard result.status == 0 else { throw Unexpected("sambal \(action) \(service): \(result.output)") }
    }

    /// What the processes have said that is no line of their log: why one of them crashed.
    var lastWords: String { log.split(separator: "\n").filter { !$0.hasPrefix("{") }.joined(separator: "\n") }

    /// All that the processes have said.
    var log: String {
        let files = (try? FileManager.default.contentsOfDirectory(at: data, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.lastPathComponent.hasPrefix("log-") }
            .compactMap { try? String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    }

    private func start(_ words: [String], environment: [String: String] = [:]) throws -> Process {
        let process = Process()
        process.environment = CommandResult.environment.merging(environment) { $1 }
        process.executableURL = Self.program
        process.arguments = words + ["--data", data.path(), "--config", configuration.path()]
        process.standardOutput = FileHandle.nullDevice
        let log = data.appending(path: "log-\(UUID().uuidString).txt")
        _ = FileManager.default.createFile(atPath: log.path(), contents: nil)
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        processes.withLock { $0.append(process) }
        return process
    }

    /// The program beside the tests, as the same build made it.
    static var program: URL {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "sambal")
    }
}

extension Process {
    func killNow() {
        kill(processIdentifier, SIGKILL)
        waitUntilExit()
    }
}
