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
        /// The name of the value in the query: that of the field, if no other is given.
        let parameter: String
        /// Fields that hold the searched value, a space and another field's value, by that other field: their index
        /// has what is found in the order of the other field, so that nothing needs to be sorted.
        let sorted: [String: String]
        /// Makes of what is searched for what is stored: the same that was made of what was written.
        let normalise: @Sendable (String) -> String

        public init(
            _ name: String, by field: String, parameter: String? = nil, sorted: [String: String] = [:],
            normalised: @escaping @Sendable (String) -> String = { $0 }
        ) {
            self.name = name
            self.field = field
            self.parameter = parameter ?? field
            self.sorted = sorted
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
    /// Whether lists have entity tags, for readers who ask again and again.
    let hasListTags: Bool
    var name: String { Root.collection.name }

    /// `path` is the collection's path, `/` and its name if none is given. Without a `visibility`, callers see nothing of it. A
    /// resource that declares `writes` is made with `RestWrites` of the same body.
    public init(
        _ item: String, path: String? = nil, searches: [Search] = [], associations: [Association<Root>] = [],
        visibility: Visibility<Root> = .undeclared, writes body: (any (Decodable & SendableMetatype).Type)? = nil,
        tagsLists: Bool = false
    ) {
        self.item = item
        self.visibility = visibility
        self.path = path ?? "/" + Root.collection.name
        self.searches = searches
        self.associations = associations
        self.body = body
        hasListTags = tagsLists
    }

    private var listStatuses: [Int] { hasListTags ? [200, 304] : [200] }

    /// Returns the routes of the resource that an `Owner` has.
    public func routes<Owner: Sendable>(
        of resource: @escaping @Sendable (Owner) -> RestResource<Root>
    ) -> [RouteDeclaration<Owner>] {
        routes.map { $0.of(resource) }
    }

    var routes: [RouteDeclaration<RestResource<Root>>] {
        let reads: [RouteDeclaration<RestResource<Root>>] = [
            RouteDeclaration(
                .get, path, summary: "Lists \(name), a page at a time", answers: HALPage<Root>.self,
                statuses: listStatuses
            ) { try await self.list($1, in: $0, path: path, where: []) }
            .queryParameters(QueryParameter.paging),
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
            .get, path, summary: "Finds \(name) by \(search.parameter)", answers: HALPage<Root>.self,
            statuses: listStatuses
        ) { try await $0.find(search, $1, path: path) }
        .queryParameters([QueryParameter(search.parameter, isRequired: true)] + QueryParameter.paging)
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

    /// Answers with a page of a resource's items, or with 304 to a reader who has this page.
    func list(
        _ request: Request, in resource: RestResource<Root>, path: String, where conditions: [Condition],
        sortedBy sort: [Sort]? = nil
    ) async throws -> Response {
        let known = hasListTags ? Precondition(request) : nil
        return try await list(request, in: resource.repository, path: path, where: conditions, sortedBy: sort) { page in
            guard let known else { return nil }
            let tag = Self.tag(of: page, generation: resource.generation)
            return (tag, known.isKnown(tag))
        }
    }

    /// The fields by which a caller may sort.
    var sortable: [String] {
        Root.collection.fields.map(\.schema.name).filter { !visibility.hiddenFields.contains($0) }
    }

    /// `tag` returns the page's entity tag and whether the reader has the page already. The page has only items that the
    /// caller sees.
    func list(
        _ request: Request, in repository: Repository<Root>, path: String, where conditions: [Condition],
        sortedBy sort: [Sort]? = nil,
        tag: @escaping @Sendable (Page<Root>) -> (tag: String, isKnown: Bool)? = { _ in nil }
    ) async throws -> Response {
        var wanted = try PageRequest(query: request.query, sortable: sortable)
        if let sort { wanted.sort = sort }
        let answer = { @Sendable (page: Page<Root>) in
            let tag = tag(page)
            if let tag, tag.isKnown { return Response(status: 304, headers: ["ETag": tag.tag]) }
            let collection = HALCollection(
                page, named: name, at: path, of: request, links: collectionLinks(of: request)
            ) { representation(of: $0, for: request) }
            var response = try Response.json(collection, contentType: HAL.contentType)
            if let tag { response.headers.add("ETag", tag.tag) }
            return response
        }
        // Written where it is read: a page may take longer than others should wait.
        switch visibility.rows(for: request.scope) {
        case .all: return try await repository.page(wanted, where: conditions, answer)
        case .meeting(let condition): return try await repository.page(wanted, where: [condition] + conditions, answer)
        case .none: return try answer(Page(items: [], request: wanted, totalElements: 0))
        }
    }

    /// Returns the tag of a page: of its place, and of its items' versions and declared fields. A row that was deleted
    /// and made again begins at the first version too, and differs in its fields.
    static func tag(of page: Page<Root>, generation: Int?) -> String {
        var builder = EntityTagBuilder()
        builder.add(Int64(generation ?? 0))
        for number in [page.request.number, page.request.size, page.totalElements] { builder.add(Int64(number)) }
        for item in page.items { add(item, to: &builder) }
        return builder.tag
    }

    static func add(_ item: Root, to builder: inout EntityTagBuilder) {
        builder.add(item.id)
        builder.add(item.version)
        for field in Root.collection.fields {
            switch field.value(item) {
            case .null: builder.add(-1)
            case .integer(let value): builder.add(value)
            case .real(let value): builder.add(Int64(bitPattern: value.bitPattern))
            case .text(let value): builder.add(value)
            case .boolean(let value): builder.add(value ? 1 : 0)
            }
        }
    }
}

/// Names of the format.
public enum HAL {
    public static let contentType = "application/hal+json"
}
