import HTTP
import ServiceHost
import ServiceTestSupport
import Testing

/// The table of requests is as long as the services' own descriptions of their routes: a route that changes something and
/// has no request there fails.
@Suite struct RouteCoverageTests {
    /// As the services describe themselves.
    private struct Description: Decodable {
        struct Anything: Decodable {
            init(from decoder: any Decoder) throws {}
        }
        let paths: [String: [String: Anything]]
    }

    private static let changing: Set<String> = ["post", "put", "patch", "delete"]
    /// The same code at every service that has them.
    private static let shared = ["/dead-letters", "/rebuild"]

    @Test func every_route_that_changes_something_has_its_request() async throws {
        let definitions = (PreparedShop.shop + PreparedShop.others).filter { $0.name != "psp" }
        let names = definitions.map { $0.name }
        try await withServices(definitions + PreparedShop.shop.filter { $0.name == "psp" }) { services in
            var count = 0
            for service in names {
                let paths = try await services.send(.get, service, "/openapi.json").json(Description.self).paths
                for (path, methods) in paths {
                    for method in methods.keys where Self.changing.contains(method) {
                        let isShared = Self.shared.contains { path.hasPrefix($0) }
                        let rivals = paths.filter { $0.value[method] != nil }.map(\.key)
                        let isCovered = Errand.all.contains { errand in
                            (errand.service == service || isShared) && errand.method.rawValue.lowercased() == method
                                && errand.goes(to: path, among: rivals)
                        }
                        #expect(isCovered, "\(service): \(method) \(path) has no request in Errand.all")
                        count += 1
                    }
                }
            }
            // The description is read, and not empty.
            #expect(count > 60)
        }
    }
}
