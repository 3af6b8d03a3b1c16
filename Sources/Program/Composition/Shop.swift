import HTTP
import HTTPClient
import HTTPServer
import Kernel
import Messaging
import Runtime
import ServiceHost
import Storage
import Telemetry

/// The composition root: the services of this process with their databases, event log and transports.
final class Shop: Sendable {
    let settings: ShopSettings
    let data: String
    let loop: EventLoop
    let host: Host
    let log: Logger
    private let sink: RepetitionSink
    private let client: HTTPClient
    private let eventLog: OpenEventLog
    let watch: LoopWatch
    private let memory: MemoryRelease
    private let age: StoreAge

    init(_ settings: ShopSettings, services: [String], data: String) throws {
        let loop = EventLoop(name: "sambal")
        loop.start()
        let sink = RepetitionSink(StandardErrorSink(format: settings.logFormat))
        let log = Logger(label: "sambal", logLevel: settings.logLevel, sink: sink, now: { loop.now })
        let client = HTTPClient(loop: loop)
        let direct = DirectTransport(loop: loop)
        let secrets = Secrets(configured: settings.secrets, data: data)
        let definitions = settings.definitions.filter { services.contains(type(of: $0).name) }
        let shared = ProcessLimits.sharedHTTPLimits(
            listeners: definitions.reduce(0) { $0 + 1 + $1.furtherPorts.count }, bodies: settings.maxBodies)
        let hangs = HangResponder()
        let watch = settings.loopWatch(of: loop, hangs: hangs, log: log)
        try DataFolder.create(data)
        let eventLog = try settings.events.openOwn(data: data, loop: loop, log: log)
        let age = StoreAge(file: ShopRecordFile(data: data), loop: loop)
        let stores = StoreGuard(
            file: ShopRecordFile(data: data), eventLog: LogQuestion(eventLog.log, loop: loop), loop: loop,
            limits: settings.reads)
        let resources = HostResources(
            loop: loop, log: log, eventLog: eventLog.log, eventRetries: settings.eventRetries,
            openDatabase: { name in
                guard let engine = settings.place(of: name).database else {
                    throw StorageError(.unavailable, "\(name) has no database")
                }
                let database = try await stores.open(engine, of: name)
                age.add(database, of: name)
                return database
            },
            listener: { name, options in
                watch.register(in: options.metrics)
                return ServiceListener(
                    name, options, settings: settings, loop: loop, shared: shared, hangs: hangs, log: log)
            },
            client: { name in
                // Only a service of this very process can be called without a socket.
                settings.transport == .direct && services.contains(name)
                    ? ServiceClient(name: name, baseURL: "http://\(name)", transport: direct)
                    : ServiceClient(name: name, baseURL: settings.place(of: name).url, transport: client)
            },
            externalTransport: client, secret: secrets.secret, folder: { data + "/" + $0 },
            register: { name, respond in
                if let respond { direct.register(name, handler: respond) } else { direct.unregister(name) }
            })
        self.settings = settings
        self.data = data
        self.loop = loop
        self.watch = watch
        self.client = client
        self.eventLog = eventLog
        self.log = log
        self.sink = sink
        let host = Host(definitions, resources: resources)
        self.host = host
        self.age = age
        memory = MemoryRelease(loop: loop) {
            for service in host.services { service.releaseMemory() }
            eventLog.log.releaseMemory()
        }
    }

    func start() async throws {
        for warning in settings.warnings { log.warning("configuration: \(warning)") }
        if let warning = DataFolder.warning(about: data) { log.warning(warning) }
        flushLog()
        memory.start()
        age.start()
        try await host.start()
    }

    /// Applies other settings to the services of this process that support it, and returns their names.
    func takeOver(_ settings: ShopSettings) async throws -> [String] {
        var names: [String] = []
        for definition in settings.definitions {
            let name = type(of: definition).name
            if let service = host[name], try await service.takeOver(definition) { names.append(name) }
        }
        for warning in settings.warnings { log.warning("configuration: \(warning)") }
        return names
    }

    /// Writes the counts of repeated lines in time, even if nothing new is logged.
    private func flushLog() {
        sink.flush(at: loop.now)
        loop.schedule(after: .seconds(5)) { [weak self] in self?.flushLog() }
    }

    func stop() async {
        age.stop()
        await host.stop(grace: settings.grace, notice: settings.stopNotice)
        await eventLog.close()
        await client.shutdown()
        watch.stop()
        memory.stop()
        sink.finish(at: loop.now)
    }
}
