import Configuration
import FoundationEssentials
package import HTTP
package import Kernel
package import Messaging
import MessagingEmbedded
package import PlatformTestSupport
package import ServiceHost
package import Storage
import StorageSQLite
import Synchronization
import Telemetry

/// Some services side by side in this process, each with its own database, on whichever loop, with one event log.
package final class ServicesUnderTest: Sendable {
    package let loop: any Loop
    package let log: RecordingEventLog
    package let transport: DirectTransport
    private let sink = RecordingSink()
    private let host: Host
    private let databases: SharedDatabases

    private final class SharedDatabases: Sendable {
        let opened = Mutex<[String: LossyDatabase]>([:])
    }
    private let events: EventFactory
    private let folder = TemporaryDirectory()

    /// What signs callbacks and webhooks among them.
    package static let secret = "whsec_MDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVY="

    /// Opens the database of a service; the path is one of the test's own folder.
    package typealias Opening =
        @Sendable (_ service: String, _ path: String, _ loop: any Loop) throws -> any Database

    package static let sqlite: Opening = { try SQLiteDatabase(path: $1 + ".db", loop: $2) }

    /// `yaml` is the whole configuration, a section a service.
    package init(
        _ definitions: [any ServiceDefinition.Type], _ yaml: String, on loop: any Loop,
        databases open: @escaping Opening = ServicesUnderTest.sqlite
    ) throws {
        let reader = ConfigurationReader(try ConfigurationSource(yaml: yaml, environment: [:]))
        let services = definitions.map { $0.init(from: reader.root.section($0.name)) }
        try reader.finish()
        let (transport, folder) = (DirectTransport(loop: loop), folder)
        let log = RecordingEventLog(
            try EmbeddedEventLog(path: folder.file("events.db"), loop: loop, pollInterval: .seconds(1)))
        self.loop = loop
        self.log = log
        self.transport = transport
        events = EventFactory(source: "/elsewhere", identifiers: IdentifierGenerator(loop: loop), loop: loop)
        let databases = SharedDatabases()
        self.databases = databases
        host = Host(
            services,
            resources: HostResources(
                loop: loop, log: Logger(label: "test", logLevel: .error, sink: sink, now: { loop.now }),
                eventLog: log,
                openDatabase: { name in
                    let database = LossyDatabase(try open(name, folder.file(name), loop))
                    databases.opened.withLock { $0[name] = database }
                    return database
                },
                listener: { _, _ in nil },
                client: { ServiceClient(name: $0, baseURL: "http://\($0)", transport: transport) },
                externalTransport: transport,
                secret: { _ in Self.secret }, folder: { folder.file($0) },
                register: { name, respond in
                    if let respond { transport.register(name, handler: respond) } else { transport.unregister(name) }
                }))
    }

    package func start() async throws { try await host.start() }

    /// The errors that the services have logged: the reasons of an answer with status 500.
    package var logged: [String] { sink.errors }

    package func stop(grace: Duration = .zero) async {
        await host.stop(grace: grace)
        await log.close()
    }

    /// Lets days pass: the services stand still, so that nothing is looked at every second meanwhile, then start again.
    package func pass(days: Int) async throws {
        await host.stop(grace: .zero)
        try await loop.sleep(for: .seconds(days * 86_400))
        try await host.start()
    }

    package subscript(service: String) -> RunningService? { host[service] }

    /// The service's database, which a test may let fail.
    package func database(of service: String) -> LossyDatabase? { databases.opened.withLock { $0[service] } }

    package func send(
        _ method: HTTPMethod, _ service: String, _ path: String, _ body: String = "", key: String? = nil,
        match: String? = nil, headers more: Headers = Headers(), timeout: Duration = .seconds(60)
    ) async throws -> Response {
        var headers: Headers = ["Content-Type": "application/json"]
        for field in more.fields { headers.add(field.name, field.value) }
        if let match { headers.add("If-Match", match) }
        if let key { headers.add("Idempotency-Key", key) }
        let url = "http://\(service)\(path)"
        return try await transport.send(
            OutboundRequest(method: method, url: url, headers: headers, body: Data(body.utf8), timeout: timeout))
    }

    /// As if a service that is not among these had published it.
    package func publish(_ payload: some EventPayload, about subject: String, version: Int64 = 1) async throws {
        try await log.append([events.make(payload, subject: subject, sequence: version)])
    }

    /// What was published, of that type, in order.
    package func published<Payload: EventPayload>(_ type: Payload.Type) throws -> [Payload] {
        try log.events.filter { $0.type == type.type }.map { try $0.decode(type) }
    }

    package func until(within limit: Duration = .seconds(120), _ condition: @Sendable () async throws -> Bool)
        async throws
    {
        try await eventually(on: loop, within: limit, condition)
    }
}

/// Runs `body` with the services up and their databases empty.
package func withServices<Result: Sendable>(
    _ definitions: [any ServiceDefinition.Type], _ yaml: String = "", on kind: LoopKind = .simulated, seed: UInt64 = 7,
    databases: @escaping ServicesUnderTest.Opening = ServicesUnderTest.sqlite,
    _ body: @escaping @Sendable (ServicesUnderTest) async throws -> Result
) async throws -> Result {
    try await kind.run(seed: seed) { loop in
        let services = try ServicesUnderTest(definitions, yaml, on: loop, databases: databases)
        try await services.start()
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(services)) } catch { result = .failure(error) }
        await services.stop()
        return try result.get()
    }
}
