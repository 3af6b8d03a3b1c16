import Configuration
import FoundationEssentials
package import HTTP
package import Kernel
package import Messaging
package import PlatformTestSupport
package import ServiceHost
package import Storage
import StorageSQLite
import Synchronization
import Telemetry

/// One service alone in this process, on whichever loop: asked as by HTTP, told by events, heard by its events.
package final class ServiceUnderTest: Sendable {
    package let loop: any Loop
    package let log: MemoryEventLog
    /// Where a test puts those whom the service calls.
    package let transport: DirectTransport
    private let name: String
    private let definition: any ServiceDefinition.Type
    private let sink = RecordingSink()
    private let host: Host
    private let client: ServiceClient
    private let events: EventFactory
    private let folder: TemporaryDirectory
    private let opened = Opened()

    private final class Opened: Sendable {
        let database = Mutex<SQLiteDatabase?>(nil)
        let responder = Mutex<(@Sendable (Request) async -> Response)?>(nil)
    }

    /// `yaml` is the service's section of the configuration. With `earlier`, which has stopped, it goes on with the
    /// databases and the event log of that one, as a new version of the program does.
    package init(
        _ definition: any ServiceDefinition.Type, _ yaml: String = "", trust: ServiceTrust = .open, on loop: any Loop,
        after earlier: ServiceUnderTest? = nil
    ) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        let service = definition.init(from: reader.root)
        try reader.finish()
        let log = earlier?.log ?? MemoryEventLog(on: loop)
        folder = earlier?.folder ?? TemporaryDirectory()
        let (transport, folder, opened) = (DirectTransport(loop: loop), folder, opened)
        let client = { @Sendable (name: String) in
            ServiceClient(name: name, baseURL: "http://\(name)", transport: transport)
        }
        self.loop = loop
        self.log = log
        self.transport = transport
        self.client = client(definition.name)
        name = definition.name
        self.definition = definition
        events = EventFactory(source: "/elsewhere", identifiers: IdentifierGenerator(loop: loop), loop: loop)
        host = Host(
            [service],
            resources: HostResources(
                loop: loop,
                log: Logger(label: "test", logLevel: .error, sink: sink, now: { loop.now }), eventLog: log,
                openDatabase: { name in
                    let database = try SQLiteDatabase(path: folder.file(name + ".db"), loop: loop)
                    opened.database.withLock { $0 = database }
                    return database
                },
                listener: { _, _ in nil }, client: client, externalTransport: transport, trust: trust,
                secret: { _ in "whsec_" + Data(repeating: 7, count: 32).base64EncodedString() },
                folder: { folder.file($0) },
                register: { name, respond in
                    if name == definition.name { opened.responder.withLock { $0 = respond } }
                    if let respond { transport.register(name, handler: respond) } else { transport.unregister(name) }
                }))
    }

    package func start() async throws { try await host.start() }

    /// The errors that the service has logged: the reasons of an answer with status 500.
    package var logged: [String] { sink.errors }

    /// Lets the running service go on with another section of the configuration.
    package func takeOver(_ yaml: String) async throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        let other = definition.init(from: reader.root)
        try reader.finish()
        for service in host.services { _ = try await service.takeOver(other) }
    }
    package func stop() async { await host.stop(grace: .zero) }

    /// Lets days pass: the service stands still, so that nothing is looked at every second meanwhile, then starts again
    /// and does what it does every minute.
    package func pass(days: Int) async throws {
        await host.stop(grace: .zero)
        try await loop.sleep(for: .seconds(days * 86_400))
        try await host.start()
        try await loop.sleep(for: .seconds(130))
    }

    /// Answers a request as it comes from a socket, perhaps with its body on its way.
    package func respond(to request: Request) async throws -> Response {
        guard let respond = opened.responder.withLock({ $0 }) else {
            throw TransportError(.unreachable, "The service does not run")
        }
        return await respond(request)
    }

    package func send(
        _ method: HTTPMethod, _ path: String, _ body: String = "", _ headers: Headers = Headers()
    ) async throws -> Response {
        try await client.send(method, path, headers: headers, body: Data(body.utf8), timeout: .seconds(60))
    }

    package func send(
        _ method: HTTPMethod, _ path: String, _ body: String = "", headers: Headers,
        timeout: Duration = .seconds(60)
    ) async throws -> Response {
        try await client.send(method, path, headers: headers, body: Data(body.utf8), timeout: timeout)
    }

    /// Sends a JSON body with an `Idempotency-Key`.
    package func send(_ method: HTTPMethod, _ path: String, _ body: String = "", key: String) async throws -> Response {
        try await send(method, path, body, ["Content-Type": "application/json", "Idempotency-Key": key])
    }

    package func file(_ name: String) -> String { folder.file(name) }

    /// The service's own database, for records that no request can make; `nil` before the service has started.
    package var database: (any Database)? { opened.database.withLock { $0 } }

    /// Lets another service have published `payload`, and does not wait.
    package func tell(_ payload: some EventPayload, about subject: String, version: Int64 = 1) async throws {
        try await log.append([events.make(payload, subject: subject, sequence: version)])
    }

    /// Lets another service have published `payload`, and waits until this one has acted on it.
    package func hear(_ payload: some EventPayload, about subject: String = "", version: Int64 = 1) async throws {
        try await log.append([events.make(payload, subject: subject, sequence: version)])
        try await settle()
    }

    /// Waits until every event is handled and every event of the service's own is in the log.
    package func settle() async throws {
        guard let database = opened.database.withLock({ $0 }) else { return }
        try await eventually(on: loop) {
            guard log.isHandled else { return false }
            return try await database.read { try await $0.count(Outbox.collection.schema, where: []) } == 0
                && log.isHandled
        }
    }

    /// What the service published, of that type.
    package func published<Payload: EventPayload>(_ type: Payload.Type) throws -> [Payload] {
        try log.events.filter { $0.source == "/" + name && $0.type == type.type }.map { try $0.decode(type) }
    }
}

/// Runs `body` with the service up and its database empty.
package func withService<Result: Sendable>(
    _ definition: any ServiceDefinition.Type, _ yaml: String = "", trust: ServiceTrust = .open,
    on kind: LoopKind = .simulated, seed: UInt64 = 7,
    _ body: @escaping @Sendable (ServiceUnderTest) async throws -> Result
) async throws -> Result {
    try await kind.run(seed: seed) { loop in
        let service = try ServiceUnderTest(definition, yaml, trust: trust, on: loop)
        try await service.start()
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(service)) } catch { result = .failure(error) }
        await service.stop()
        return try result.get()
    }
}

extension Response {
    package var text: String { String(decoding: body, as: UTF8.self) }

    package func json<Value: Decodable>(_ type: Value.Type) throws -> Value { try JSON.decode(type, from: body) }

    package var problem: Problem? { Problem(self) }

    /// The fields that a problem names.
    package var fields: [String] { Problem(self)?.errors.map(\.field) ?? [] }
}

extension ServiceUnderTest {
    /// Runs `body` on a simulated loop while the service is up.
    package static func run<Result: Sendable>(
        _ service: any ServiceDefinition.Type, _ yaml: String = "",
        _ body: @escaping @Sendable (ServiceUnderTest) async throws -> Result
    ) async throws -> Result {
        try await withService(service, yaml, on: .simulated, body)
    }
}
