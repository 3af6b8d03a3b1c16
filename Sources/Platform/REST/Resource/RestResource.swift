public import HTTP
import Kernel
public import Storage

/// Publishes a repository as HAL+JSON, the way Spring Data REST does: a paged, sorted collection, its items with ETags,
/// and the declared searches. It can be written to where `writes` says how; else through the service's own commands.
public struct RestResource<Root: Entity>: Sendable {
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

    let repository: Repository<Root>
    let path: String
    /// The relation of one item, for example `order` in `orders`.
    let item: String
    let searches: [Search]
    private let associations: [Association<Root>]
    private let writes: RestWrites<Root>?
    var name: String { Root.collection.name }

    /// `path` is the collection's path, `/` and its name if none is given.
    public init(
        _ repository: Repository<Root>, item: String, path: String? = nil, searches: [Search] = [],
        associations: [Association<Root>] = [], writes: RestWrites<Root>? = nil
    ) {
        self.repository = repository
        self.item = item
        self.path = path ?? "/" + Root.collection.name
        self.searches = searches
        self.associations = associations
        self.writes = writes
    }

    public var routes: [Route] {
        [
            Route(.get, path, summary: "Lists \(name), a page at a time", answers: HALPage<Root>.self) { request in
                try await list(request, path: path, where: [])
            }.queryParameters(QueryParameter.paging),
            Route(
                .get, path + "/{id}", summary: "Shows one of \(name)", answers: Root.self, statuses: [200, 304, 404]
            ) { try await show($0) },
        ].map { $0.produces(HAL.contentType) } + [profileRoute] + (searches.isEmpty ? [] : [searchesRoute])
            + searches.map(route) + associations.map(route) + (writes.map(writingRoutes) ?? [])
    }

    /// The body of one item, with its links: what GET answers, and what a command that made it answers.
    public func representation(of entity: Root, for request: Request) -> HALItem<Root> {
        let address = request.baseURL + path + "/" + entity.id
        let links = associations.map { HALLink($0.name, "\(address)/\($0.name)") }
        return HALItem(entity, links: [HALLink("self", address), HALLink(item, address)] + links)
    }

    /// Where an item is found, for `Location`.
    public func location(of id: String, for request: Request) -> String {
        request.baseURL + path + "/" + id
    }
}

extension RestResource {
    private func show(_ request: Request) async throws -> Response {
        let id: String = try request.parameter("id")
        guard let entity = try await repository.find(id) else { throw Problem.notFound("\(item) \(id)") }
        let tag = Precondition.tag(entity.version)
        if Precondition(request).isKnown(tag) { return Response(status: 304, headers: ["ETag": tag]) }
        return try answer(with: entity, to: request)
    }

    private func route(_ search: Search) -> Route {
        let path = path + "/search/" + search.name
        return Route(.get, path, summary: "Finds \(name) by \(search.field)", answers: HALPage<Root>.self) { request in
            guard let text = request.query[search.field] else { throw Problem.invalid(search.field, "is required") }
            let condition = try condition(search.field, equals: search.normalise(text))
            return try await list(request, path: path, where: [condition])
        }.queryParameters([QueryParameter(search.field, isRequired: true)] + QueryParameter.paging).produces(
            HAL.contentType)
    }

    private func condition(_ field: String, equals text: String) throws -> Condition {
        let type = Root.collection.fields.first { $0.schema.name == field }?.schema.type ?? .text
        let value: FieldValue? =
            switch type {
            case .text: .text(text)
            case .integer: Int64(text).map(FieldValue.integer)
            case .real: Double(text).map(FieldValue.real)
            case .boolean: Bool(text).map(FieldValue.boolean)
            }
        guard let value else { throw Problem.invalid(field, "must be of type \(type.rawValue)") }
        return Condition(field, .equal, value)
    }

    func list(_ request: Request, path: String, where conditions: [Condition]) async throws -> Response {
        let wanted = try PageRequest(query: request.query, sortable: Root.collection.fields.map(\.schema.name))
        // Written where it is read: a page may take longer than others should wait.
        return try await repository.page(wanted, where: conditions) { page in
            let collection = HALCollection(
                page, named: name, at: path, of: request, links: collectionLinks(of: request)
            ) { representation(of: $0, for: request) }
            return try Response.json(collection, contentType: HAL.contentType)
        }
    }
}

/// Names of the format.
public enum HAL {
    public static let contentType = "application/hal+json"
}
