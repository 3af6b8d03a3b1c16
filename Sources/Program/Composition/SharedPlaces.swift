import Configuration
import FoundationEssentials
import ServiceHost

/// Finds services that were given the same port or the same store: the second one would fail with a message about
/// something else.
struct SharedPlaces {
    private let places: [String: ShopSettings.Place]
    private let furtherPorts: [String: [FurtherPort]]

    /// A port at which a service listens.
    private struct Listener {
        let service: String
        /// The keys that lead to its port within the service's section.
        let keys: [String]
        let address: String
        let port: Int
    }

    /// `furtherPorts` are those that a service has beside the one of its place.
    init(_ places: [String: ShopSettings.Place], furtherPorts: [String: [FurtherPort]] = [:]) {
        self.places = places
        self.furtherPorts = furtherPorts
    }

    /// Reports each conflict at the service that is named later.
    func report(among services: [String], in root: Configuration) {
        let services = Catalogue.byPort.map { $0.name }.filter(services.contains)
        reportPorts(services.flatMap(listeners), root)
        for (number, name) in services.enumerated() {
            for other in services[..<number] {
                guard let engine = places[name]?.database, engine.place == places[other]?.database?.place else {
                    continue
                }
                root.section(name).report(
                    "database",
                    "is \(engine.name), which \(other) uses already: give it a database, "
                        + "or a 'schema', of its own (docs/runbook.md#store-of-another-service)")
            }
        }
    }

    private func listeners(of service: String) -> [Listener] {
        guard let place = places[service] else { return [] }
        let own = FurtherPort(keys: ["port"], port: place.port)
        return ([own] + furtherPorts[service, default: []]).map {
            Listener(service: service, keys: $0.keys, address: place.address, port: $0.port)
        }
    }

    private func reportPorts(_ listeners: [Listener], _ root: Configuration) {
        for (number, listener) in listeners.enumerated() {
            for other in listeners[..<number]
            where other.port == listener.port && Self.meet(other.address, listener.address) {
                let section = listener.keys.dropLast().reduce(root.section(listener.service)) { $0.section($1) }
                let isOwn = other.keys == ["port"]
                let user = isOwn ? other.service : ([other.service] + other.keys).joined(separator: ".")
                section.report(listener.keys.last ?? "port", "is \(listener.port), which \(user) uses already")
            }
        }
    }

    private static func meet(_ one: String, _ other: String) -> Bool {
        one == other || [one, other].contains { $0 == "0.0.0.0" || $0 == "::" }
    }
}

extension DatabaseEngine {
    /// A name that is equal for two spellings of one place, since a path may be written in several ways.
    fileprivate var place: String {
        switch self {
        case .sqlite(let path), .lmdb(let path):
            let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
            return URL(filePath: absolute).standardized.path()
        case .postgreSQL, .mariaDB, .mongoDB: return name
        }
    }
}
