import HTTP
import REST

/// The answer to `GET /`: the service, and links to its collections.
struct ServiceIndex: Codable, Sendable {
    let name: String
    let kind: ServiceKind
    let summary: String
    let version: String
}

extension ServiceIndex {
    init(of definition: any ServiceDefinition) {
        let type = type(of: definition)
        self.init(name: type.name, kind: type.kind, summary: type.summary, version: SambalVersion.current)
    }

    /// Returns `GET /`, with links to the collections among `routes` and to the pages of every service (relations of
    /// RFC 8631). A browser is sent to `page`, the service's web page, if it has one.
    func route(among routes: [Route], page: String?) -> Route {
        let collections = routes.filter { $0.method == .get }.map { $0.pattern.dropFirst() }
            .filter { !$0.isEmpty && !$0.contains { "/{*".contains($0) } }
        let profile = profiles(among: routes).isEmpty ? [] : [HALLink("profile", RestProfile.path)]
        let links =
            [HALLink("self", "/")] + collections.map { HALLink(String($0), "/\($0)") } + profile
            + [HALLink("service-desc", "/openapi.json"), HALLink("status", "/readyz")]
        let index = HALItem(self, links: links)
        return Route(.get, "/", summary: "Says which service this is", answers: ServiceIndex.self) { request in
            if let page, request.prefersHTML {
                return Response(status: 303, headers: ["Location": page, "Vary": "Accept"])
            }
            var response = try Response.json(index, contentType: HAL.contentType)
            if page != nil { response.headers.add("Vary", "Accept") }
            return response
        }
    }

    /// Returns `GET /profile`, which lists the descriptions of the collections among `routes`; `nil` if there are none.
    func profileRoute(among routes: [Route]) -> Route? {
        let profiles = profiles(among: routes)
        guard !profiles.isEmpty else { return nil }
        let links = [HALLink("self", RestProfile.path)] + profiles
        return Route(
            .get, RestProfile.path, summary: "Lists the descriptions of the collections", answers: [String: String].self
        ) { _ in try .json(HALItem([String: String](), links: links), contentType: HAL.contentType) }
        .produces(HAL.contentType)
    }

    private func profiles(among routes: [Route]) -> [HALLink] {
        routes.map(\.pattern).filter { $0.hasPrefix(RestProfile.path + "/") }
            .map { HALLink(String($0.dropFirst(RestProfile.path.count + 1)), $0) }
    }
}
