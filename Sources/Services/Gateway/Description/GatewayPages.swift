import HTTP
import Kernel
import REST
import ServiceHost

/// The gateway's pages about the shop: the document of all operations, and the descriptions of collections, to which the
/// `profile` links of the services' answers lead.
struct GatewayPages: Sendable {
    private let catalogue: DocumentCatalogue
    private let profiles: ProfileCatalogue

    private static let document = "/openapi.json"

    init(loop: any Loop) {
        catalogue = DocumentCatalogue(loop: loop)
        profiles = ProfileCatalogue(loop: loop)
    }

    /// Returns `nil` for a path that is none of them.
    func answer(_ request: Request, _ plan: GatewayPlan) async -> Response? {
        let isProfile = request.path == RestProfile.path || request.path.hasPrefix(RestProfile.path + "/")
        guard request.path == Self.document || isProfile else { return nil }
        return try? await router(plan).respond(to: request)
    }

    private func router(_ plan: GatewayPlan) throws -> Router {
        try Router([
            Route(.get, Self.document, summary: "Describes the shop (OpenAPI 3.1)") { [catalogue] _ in
                let document = try await catalogue.document(for: plan)
                return Response(status: 200, headers: ["Content-Type": "application/json"], body: document.bytes)
            },
            Route(.get, RestProfile.path, summary: "Lists the descriptions of the collections") { [catalogue] _ in
                let profiles = try await catalogue.document(for: plan).profiles.keys.sorted()
                let links = profiles.map { HALLink(String($0.dropFirst(RestProfile.path.count + 1)), $0) }
                return try .json(
                    HALItem([String: String](), links: [HALLink("self", RestProfile.path)] + links),
                    contentType: HAL.contentType)
            },
            Route(.get, RestProfile.path + "/**", summary: "Describes a collection") {
                [catalogue, profiles] request in
                guard let (target, name) = try await catalogue.document(for: plan).profiles[request.path],
                    let upstream = plan.upstream(of: target)
                else { throw Problem(status: 404, detail: "There is nothing at \(request.path)") }
                return try await profiles.profile(request.path, of: target, name, upstream)
            },
        ])
    }
}
