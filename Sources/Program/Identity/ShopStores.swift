import FoundationEssentials
import Kernel
import Messaging
import Runtime
import ServiceHost
import Storage
import Telemetry

/// The stores and the event log of a shop, for commands that examine or repair them beside its services, whether these
/// run or not.
struct ShopStores: Sendable {
    let settings: ShopSettings
    let data: String
    let loop: EventLoop

    var file: ShopRecordFile { ShopRecordFile(data: data) }

    /// The services that store data, by port.
    var services: [(type: any ServiceDefinition.Type, engine: DatabaseEngine)] {
        Catalogue.byPort.compactMap { service in settings.place(of: service.name).database.map { (service, $0) } }
    }

    func engine(of service: String) throws -> DatabaseEngine {
        _ = try Catalogue.service(named: service)
        guard let engine = settings.place(of: service).database else { throw UsageError("\(service) stores no data") }
        return engine
    }

    /// Opens a store as it is while `body` runs. Creates it if it is a missing file.
    func with<Value: Sendable>(
        _ engine: DatabaseEngine, _ body: (any ClaimableDatabase) async throws -> Value
    ) async throws -> Value {
        let database = try engine.withOneConnection.open(loop: loop)
        let result: Result<Value, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        await database.close()
        return try result.get()
    }

    /// Opens the event log that the configuration names, without a check of its identity.
    func withLog<Value: Sendable>(_ body: (OpenEventLog) async throws -> Value) async throws -> Value {
        let log = Logger(
            label: "sambal", logLevel: .warning, sink: StandardErrorSink(format: settings.logFormat),
            now: { [loop] in loop.now })
        let eventLog = try settings.events.open(data: data, loop: loop, log: log)
        let result: Result<Value, any Error>
        do { result = .success(try await body(eventLog)) } catch { result = .failure(error) }
        await eventLog.close()
        return try result.get()
    }
}

extension ShopStores {
    /// Runs the work of a command on the stores that its configuration names.
    static func run(
        _ arguments: Arguments, _ body: @escaping @Sendable (ShopStores) async throws -> Void
    ) throws {
        let settings = try arguments.settings(data: arguments.data, transport: .sockets)
        try DataFolder.check(arguments.data)
        try withLoop { loop in
            try await body(ShopStores(settings: settings, data: arguments.data, loop: loop))
        }
    }
}
