import Configuration
import ServiceHost

/// The configuration of a service in the file of another product: Spring Boot's `application.yml`, whose
/// `spring.cloud.gateway` is the gateway's section and whose `server` has its address.
struct ForeignSections {
    private let root: Configuration
    /// Root keys of a Spring Boot file that have no meaning for this program.
    private static let others = ["management", "logging", "eureka", "info", "debug"]

    init(_ root: Configuration) { self.root = root }

    /// `nil` if the service has no section of another product in this file.
    func section(of service: any ServiceDefinition.Type) -> Configuration? {
        guard let keys = keys(of: service) else { return nil }
        let section = keys.reduce(root) { $0.section($1) }
        let own = root.section(service.name)
        for key in own.keys where !["port", "address", "url"].contains(key) {
            own.report(key, "conflicts with \(keys.joined(separator: ".")), which is the whole section already")
            own.accept(key)
        }
        return section
    }

    func port(of service: any ServiceDefinition.Type) -> Int? {
        keys(of: service).flatMap { _ in root.section("server").optionalInt("port", in: 1...65535) }
    }

    func address(of service: any ServiceDefinition.Type) -> String? {
        keys(of: service).flatMap { _ in root.section("server").optionalString("address") }
    }

    /// Warns of keys without a meaning here, and accepts them, so that such a file works unchanged.
    func finish() {
        let keys = Catalogue.all.compactMap { self.keys(of: $0) }
        guard !keys.isEmpty else { return }
        for key in root.keys where Self.others.contains(key) { ignore(key, in: root) }
        let server = root.section("server")
        for key in server.keys where !["port", "address"].contains(key) { ignore(key, in: server) }
        ignoreOthers(than: keys.map { $0[...] }, in: root)
    }

    private func ignoreOthers(than paths: [ArraySlice<String>], in section: Configuration) {
        for first in Set(paths.compactMap(\.first)) {
            let rest = paths.filter { $0.first == first }.map { $0.dropFirst() }.filter { !$0.isEmpty }
            guard !rest.isEmpty else { continue }
            let inner = section.section(first)
            for key in inner.keys where !rest.contains(where: { $0.first == key }) { ignore(key, in: inner) }
            ignoreOthers(than: rest, in: inner)
        }
    }

    private func ignore(_ key: String, in section: Configuration) {
        section.warn(key, "has no meaning here and is ignored")
        section.accept(key)
    }

    private func keys(of service: any ServiceDefinition.Type) -> [String]? {
        service.foreignSections.first { keys in
            var section = root
            for key in keys {
                guard section.contains(key) else { return false }
                section = section.section(key)
            }
            return true
        }
    }
}
