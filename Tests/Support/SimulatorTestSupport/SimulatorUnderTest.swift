import Configuration
import FoundationEssentials
package import HTTP
package import Kernel
import Messaging
import PlatformTestSupport
import ProviderSimulator
import Runtime
package import ServiceHost
import StorageSQLite
import Telemetry
package import Webhooks

/// The provider simulator alone in this process, on whichever loop, with a receiver of its callbacks in the shop's place.
package final class SimulatorUnderTest: Sendable {
    package let loop: any Loop
    package let callbacks = ReceivedCallbacks()
    package let transport: DirectTransport
    package let secret: WebhookSecret
    package let client: ServiceClient
    private let host: Host
    private let folder = TemporaryDirectory()

    package static let baseURL = "http://psp"
    private static let secretText = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()

    /// `yaml` is the `psp` section of the configuration.
    package init(_ yaml: String = "", on loop: any Loop) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        let definition = ProviderSimulatorService(from: reader.root)
        try reader.finish()
        let (transport, folder, callbacks) = (DirectTransport(loop: loop), folder, callbacks)
        let client = { @Sendable (name: String) in
            ServiceClient(name: name, baseURL: "http://\(name)", transport: transport)
        }
        transport.register("payment") { callbacks.take($0) }
        self.loop = loop
        self.transport = transport
        self.client = client("psp")
        secret = try WebhookSecret(Self.secretText) ?? { throw CannotBegin() }()
        let log = Logger(label: "test", logLevel: .error, sink: RecordingSink(), now: { loop.now })
        host = Host(
            [definition],
            resources: HostResources(
                loop: loop, log: log, eventLog: SilentEventLog(),
                openDatabase: { try SQLiteDatabase(path: folder.file($0 + ".db"), loop: loop) },
                listener: { _, _ in nil }, client: client, externalTransport: transport,
                secret: { _ in Self.secretText },
                folder: { folder.file($0) },
                register: { name, respond in
                    if let respond { transport.register(name, handler: respond) } else { transport.unregister(name) }
                }))
    }

    package func start() async throws { try await host.start() }
    package func stop() async { await host.stop(grace: .zero) }

    package func faults(_ json: String) async throws {
        let answer = try await send(.patch, "/admin/faults", json)
        guard answer.status == 200 else { throw Unexpected(answer: answer) }
    }

    package func send(
        _ method: HTTPMethod, _ path: String, _ body: String = "", headers: Headers = Headers(),
        timeout: Duration = .seconds(5)
    ) async throws -> Response {
        try await client.send(method, path, headers: headers, body: Data(body.utf8), timeout: timeout)
    }

    /// Waits until so many callbacks have come.
    package func receive(_ count: Int) async throws -> [Request] {
        try await eventually(on: loop, within: .seconds(120)) { callbacks.requests.count >= count }
        return callbacks.requests
    }

    package struct Unexpected: Error, CustomStringConvertible {
        package let answer: Response
        package init(answer: Response) { self.answer = answer }
        package var description: String { "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))" }
    }

    private struct CannotBegin: Error {}
}

/// Runs `body` against a simulator that is up, on a simulated loop.
package func withSimulator<Result: Sendable>(
    _ yaml: String = "", seed: UInt64 = 7,
    _ body: @escaping @Sendable (SimulatorUnderTest) async throws -> Result
) async throws -> Result {
    try await LoopKind.simulated.run(seed: seed) { loop in
        let simulator = try SimulatorUnderTest(yaml, on: loop)
        try await simulator.start()
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(simulator)) } catch { result = .failure(error) }
        await simulator.stop()
        return try result.get()
    }
}
