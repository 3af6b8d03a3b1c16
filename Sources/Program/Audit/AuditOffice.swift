import HTTP
import HTTPClient
import Kernel
import Runtime
import ServiceHost
import Storage

/// The audit logs of a shop, wherever a command reads them: from running services, from their databases, or from the file
/// beside the API keys.
struct AuditOffice: Sendable {
    struct Place: Sendable {
        enum Source: Sendable {
            case service(url: String)
            case store(DatabaseEngine)
            case file(AuditFile)
        }
        /// The service's name, or `apikeys`.
        let name: String
        let source: Source
    }
    let places: [Place]
    let data: String
    private let stores: ShopStores
    private let client: HTTPClient

    /// Runs the work of a command on the logs that its options choose.
    static func run<Value: Sendable>(
        _ arguments: Arguments, _ body: @escaping @Sendable (AuditOffice) async throws -> Value
    ) throws -> Value {
        let settings = try arguments.settings(data: arguments.data, transport: .sockets)
        let isOffline = arguments.isGiven("offline")
        if isOffline { try DataFolder.check(arguments.data) }
        var places: [Place] = Catalogue.byPort.compactMap { service in
            let place = settings.place(of: service.name)
            return place.database.map { engine in
                Place(name: service.name, source: isOffline ? .store(engine) : .service(url: place.url + "/audit"))
            }
        }
        let keys = AuditFile(keys: arguments.data + "/" + APIKeyFile.name)
        if keys.exists { places.append(Place(name: AuditFile.service, source: .file(keys))) }
        if let wanted = arguments.string("service") {
            let names = places.map(\.name)
            guard names.contains(wanted) else {
                throw UsageError("--service must be one of \(names.joined(separator: ", ")), not \(wanted)")
            }
            places = places.filter { $0.name == wanted }
        }
        let data = arguments.data
        return try withClient { [places] loop, client in
            let stores = ShopStores(settings: settings, data: data, loop: loop)
            return try await body(AuditOffice(places: places, data: data, stores: stores, client: client))
        }
    }

    /// Returns the records that the query finds, the newest first.
    func list(_ place: Place, _ query: [String], limit: Int) async throws -> [AuditEntry] {
        var (entries, before) = ([AuditEntry](), Int64?.none)
        while entries.count < limit {
            let paging = ["limit=\(limit - entries.count)"] + (before.map { ["before=\($0)"] } ?? [])
            let page = try await page(place, (query + paging).joined(separator: "&"))
            entries += page.records
            guard let next = page.next, next > 1 else { break }
            before = next
        }
        return entries
    }

    private func page(_ place: Place, _ query: String) async throws -> AuditPage {
        switch place.source {
        case .service(let url):
            return try JSON.decode(AuditPage.self, from: try await client.ask(.get, url + "?" + query).body)
        case .store(let engine):
            let filter = try AuditFilter(QueryString(query))
            return try await reading(engine) { try await AuditPage(of: place.name, filter, in: $0) }
                ?? AuditPage(service: place.name, records: [], next: nil, head: nil)
        case .file(let file): return try file.page(AuditFilter(QueryString(query)))
        }
    }

    /// Returns the next records of a chain, as they are stored.
    func chain(_ place: Place, after number: Int64) async throws -> AuditChainPage {
        switch place.source {
        case .service(let url):
            let response = try await client.ask(.get, "\(url)/chain?after=\(number)&limit=1000")
            return try JSON.decode(AuditChainPage.self, from: response.body)
        case .store(let engine):
            let page = try await reading(engine) {
                try await AuditChainPage(of: place.name, after: number, limit: 1000, in: $0)
            }
            return page ?? AuditChainPage(service: place.name, records: [], isEnd: true, head: nil)
        case .file(let file): return try file.chain(after: number)
        }
    }

    /// `nil` if the store has no audit log.
    private func reading<Value: Sendable>(
        _ engine: DatabaseEngine, _ body: @escaping @Sendable (any ReadTransaction) async throws -> Value
    ) async throws -> Value? {
        // Opening it would create it.
        guard engine.mayExist else { return nil }
        return try await stores.with(engine) { database in
            let names = try await database.collectionNames()
            guard AuditLog.schemas.allSatisfy({ names.contains($0.name) }) else { return nil }
            return try await database.read(.report, body)
        }
    }
}
