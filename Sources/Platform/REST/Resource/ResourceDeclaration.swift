public import HTTP
import Kernel
public import Storage

/// A resource as a service declares it: where its items are found, and what can be asked for. It becomes a
/// `RestResource` by a repository.
public struct ResourceDeclaration<Root: Entity>: Sendable {
    /// A declared search: `GET /{name}/search/{search}?{field}=…`.
    public struct Search: Sendable {
        public let name: String
        public let field: String
        /// Makes of what is searched for what is stored: the same that was made of what was written.
        let normalise: @Sendable (String) -> String

        public init(
            _ name: String, by field: String, normalised: @escaping @Sendable (String) -> String = { $0 }
        ) {
            self.name = name
            self.field = field
            normalise = normalised
        }
    }

    let path: String
    /// The relation of one item, for example `order` in `orders`.
    let item: String
    let searches: [Search]
    let associations: [Association<Root>]
    let visibility: Visibility<Root>
    /// The body of writes; `nil` if the resource is written by commands only.
    let body: (any (Decodable & SendableMetatype).Type)?
    var name: String { Root.collection.name }

    /// `path` is the collection's path, `/` and its name if none is given. Without a `visibility`, callers see nothing of it. A
    /// resource that declares `writes` is made with `RestWrites` of the same body.
    public init(
        _ item: String, path: String? = nil, searches: [Search] = [], associations: [Association<Root>] = [],
        visibility: Visibility<Root> = .undeclared, writes body: (any (Decodable & SendableMetatype).Type)? = nil
    ) {
        self.item = item
        self.visibility = visibility
        self.path = path ?? "/" + Root.collection.name
        self.searches = searches
        self.associations = associations
        self.body = body
    }

    /// Returns the routes of the resource that an `Owner` has.
    public func routes<Owner: Sendable>(
        of resource: @escaping @Sendable (Owner) -> RestResource<Root>
    ) -> [RouteDeclaration<Owner>] {
        routes.map { $0.of(resource) }
    }

    var routes: [RouteDeclaration<RestResource<Root>>] {
        let reads: [RouteDeclaration<RestResource<Root>>] = [
            RouteDeclaration(.get, path, summary: "Lists \(name), a page at a time", answers: HALPage<Root>.self) {
                try await self.list($1, in: $0.repository, path: path, where: [])
            }.queryParameters(QueryParameter.paging),
            RouteDeclaration(
                .get, path + "/{id}", summary: "Shows one of \(name)", answers: Root.self, statuses: [200, 304, 404]
            ) { try await $0.show($1) },
        ]
        let further = (searches.isEmpty ? [] : [searchesRoute]) + searches.map(route) + associations.map(route)
        let routes =
            (reads.map { $0.produces(HAL.contentType) } + further).map { $0.open(to: visibility.reads) }
            + [profileRoute.open(to: .everyone)]
            + (body.map(writingRoutes) ?? []).map { $0.open(to: visibility.writes) }
        return routes.map { $0.guardingItems() }
    }

    private func route(_ search: Search) -> RouteDeclaration<RestResource<Root>> {
        let path = path + "/search/" + search.name
        return RouteDeclaration(
            .get, path, summary: "Finds \(name) by \(search.field)", answers: HALPage<Root>.self
        ) { try await $0.find(search, $1, path: path) }
        .queryParameters([QueryParameter(search.field, isRequired: true)] + QueryParameter.paging)
        .produces(HAL.contentType)
    }

    private func route(_ association: Association<Root>) -> RouteDeclaration<RestResource<Root>> {
        RouteDeclaration(
            .get, path + "/{id}/" + association.name, summary: association.summary, answers: association.answers,
            statuses: association.statuses
        ) { try await $0.follow(association, $1) }
        .queryParameters(association.parameters).produces(HAL.contentType)
    }
}

extension ResourceDeclaration {
    /// The body of one item, with its links: what GET answers, and what a command that made it answers.
    func representation(of entity: Root, for request: Request) -> HALItem<Root> {
        let address = request.baseURL + path + "/" + entity.id
        let links = associations.map { HALLink($0.name, "\(address)/\($0.name)") }
        return HALItem(entity, links: [HALLink("self", address), HALLink(item, address)] + links)
    }

    func list(
        _ request: Request, in repository: Repository<Root>, path: String, where conditions: [Condition]
    ) async throws -> Response {
        let sortable = Root.collection.fields.map(\.schema.name).filter { !visibility.hiddenFields.contains($0) }
        let wanted = try PageRequest(query: request.query, sortable: sortable)
        let answer = { @Sendable (page: Page<Root>) in
            let collection = HALCollection(
                page, named: name, at: path, of: request, links: collectionLinks(of: request)
            ) { representation(of: $0, for: request) }
            return try Response.json(collection, contentType: HAL.contentType)
        }
        // Written where it is read: a page may take longer than others should wait.
        switch visibility.rows(for: request.scope) {
        case .all: return try await repository.page(wanted, where: conditions, answer)
        case .meeting(let condition): return try await repository.page(wanted, where: [condition] + conditions, answer)
        case .none: return try answer(Page(items: [], request: wanted, totalElements: 0))
        }
    }
}

/// Names of the format.
public enum HAL {
    public static let contentType = "application/hal+json"
}
