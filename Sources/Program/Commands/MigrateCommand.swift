import Kernel
import Messaging
import Runtime
import ServiceHost
import Storage
import Telemetry

/// Brings databases to this version's schema without running a service: before a new version is rolled out.
enum MigrateCommand: Command {
    static let name = "migrate"
    static let summary =
        "brings the databases of services to this version's schema, and ends; services do so at their start"
    static let forms = [Form("", .any("NAME"), summary, options: [.data, .config, .profile], run: run)]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let named = try arguments.operands.map(Catalogue.service(named:))
        if let stateless = named.first(where: { !$0.kind.hasDatabase }) {
            throw UsageError("\(stateless.name) has no database")
        }
        let services = named.isEmpty ? Catalogue.byPort.filter { $0.kind.hasDatabase } : named
        let data = arguments.data
        let settings = try Announcement.failing(in: .given) {
            try arguments.settings(data: data, transport: .sockets, running: services.map { $0.name })
        }
        try Announcement.failing(in: settings.logFormat) {
            try DataFolder.create(data)
            try UnfinishedRestore.refuse(in: data)
            try withLoop { loop in try await migrate(services, settings, data: data, loop: loop) }
        }
    }

    private static func migrate(
        _ services: [any ServiceDefinition.Type], _ settings: ShopSettings, data: String, loop: EventLoop
    ) async throws {
        let sink = StandardErrorSink(format: settings.logFormat)
        let log = Logger(label: "sambal", logLevel: settings.logLevel, sink: sink, now: { loop.now })
        let eventLog = try settings.events.openOwn(data: data, loop: loop, log: log)
        let stores = StoreGuard(
            file: ShopRecordFile(data: data), eventLog: LogQuestion(eventLog.log, loop: loop), loop: loop,
            limits: settings.reads)
        do {
            for service in services {
                guard let engine = settings.place(of: service.name).database else { continue }
                try await migrate(service, engine, stores)
                if settings.logFormat == .json {
                    log.named(service.name).info(
                        "the schema is this version's", metadata: ["database": .string(engine.name)])
                } else {
                    Console.write("\(service.name): \(engine.name) has this version's schema\n")
                }
            }
        } catch {
            await eventLog.close()
            throw error
        }
        await eventLog.close()
    }

    private static func migrate(
        _ service: any ServiceDefinition.Type, _ engine: DatabaseEngine, _ stores: StoreGuard
    ) async throws {
        let database = try await stores.open(engine, of: service.name)
        do {
            try await database.migrate(service.migrations)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }
}
