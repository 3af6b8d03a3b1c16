import HTTP
import Kernel

/// Describes a resource to a client that does not know it.
extension ResourceDeclaration {
    /// `GET /profile/{collection}`: its items' JSON Schema.
    var profileRoute: RouteDeclaration<RestResource<Root>> {
        RouteDeclaration(
            .get, RestProfile.path + path, summary: "Describes one of \(name) as JSON Schema",
            answers: JSONDocument.self
        ) { [item] _, _ in
            // Made when somebody asks: a start has no use for it.
            let document = JSONSchema.document(of: Root.self, title: item)
            return Response(status: 200, headers: ["Content-Type": JSONSchema.contentType], body: document)
        }
        .produces(JSONSchema.contentType)
    }

    /// `GET /{collection}/search`: the declared searches.
    var searchesRoute: RouteDeclaration<RestResource<Root>> {
        RouteDeclaration(
            .get, path + "/search", summary: "Lists the searches of \(name)", answers: JSONDocument.self
        ) { [path, searches] _, request in
            let address = request.baseURL + path + "/search"
            let links = searches.map { search in
                HALLink(
                    search.name, "\(address)/\(search.name){?\(search.parameter),page,size,sort}", templated: true)
            }
            return try .json(
                HALItem(Empty(), links: [HALLink("self", address)] + links), contentType: HAL.contentType)
        }.produces(HAL.contentType)
    }

    /// Beside those of the page itself.
    func collectionLinks(of request: Request) -> [HALLink] {
        let profile = HALLink("profile", request.baseURL + RestProfile.path + path)
        guard !searches.isEmpty else { return [profile] }
        return [profile, HALLink("search", request.baseURL + path + "/search")]
    }

    private struct Empty: Encodable {}
}

/// Where resources describe themselves.
public enum RestProfile {
    public static let path = "/profile"
}
