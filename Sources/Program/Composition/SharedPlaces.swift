import Configuration
import FoundationEssentials
import ServiceHost

/// Finds services that were given the same port or the same store: the second one would fail with a message about
/// something else.
struct SharedPlaces {
    private let places: [String: ShopSettings.Place]

    init(_ places: [String: ShopSettings.Place]) { self.places = places }

    /// Reports each conflict at the service that is named later.
    func report(among services: [String], in root: Configuration) {
        let services = Catalogue.byPort.map { $0.name }.filter(services.contains)
        for (number, name) in services.enumerated() {
            guard let place = places[name] else { continue }
            for other in services[..<number] {
                guard let taken = places[other] else { continue }
                if place.port == taken.port, Self.meet(place.address, taken.address) {
                    root.section(name).report("port", "is \(place.port), which \(other) uses already")
                }
                if let store = place.database?.place, store == taken.database?.place {
                    root.section(name).report(
                        "database",
                        "is \(place.database?.name ?? store), which \(other) uses already: give it a database, "
                            + "or a 'schema', of its own (docs/runbook.md#store-of-another-service)")
                }
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
