public import HTTP
import Kernel
public import Storage

/// Publishes a repository as HAL+JSON, the way Spring Data REST does: a paged, sorted collection, its items with ETags,
/// and the declared searches. It can be written to where `writes` says how; else through the service's own commands.
public struct RestResource<Root: Entity>: Sendable {
    public typealias Search = ResourceDeclaration<Root>.Search

    let repository: Repository<Root>
    let declaration: ResourceDeclaration<Root>
    private let declaredWrites: RestWrites<Root>?
    /// The generation of rows that can be built anew; `nil` if they cannot.
    private(set) var generation: Int?
    var item: String { declaration.item }
    var path: String { declaration.path }
    var name: String { declaration.name }

    /// `writes` makes what the declared body describes; `nil` if the declaration has no body.
    public init(
        _ repository: Repository<Root>, _ declaration: ResourceDeclaration<Root>, writes: RestWrites<Root>? = nil
    ) {
        guard declaration.body.map({ ObjectIdentifier($0) }) == writes.map({ ObjectIdentifier($0.body) }) else {
            preconditionFailure("\(declaration.name) is declared with another body than it is written by")
        }
        self.repository = repository
        self.declaration = declaration
        declaredWrites = writes
    }

    /// Declares the resource and makes it at once.
    public init(
        _ repository: Repository<Root>, item: String, path: String? = nil, searches: [Search] = [],
        associations: [Association<Root>] = [], visibility: Visibility<Root> = .undeclared,
        writes: RestWrites<Root>? = nil
    ) {
        self.init(
            repository,
            ResourceDeclaration(
                item, path: path, searches: searches, associations: associations, visibility: visibility,
                writes: writes?.body),
            writes: writes)
    }

    /// Returns the resource of rows that were built anew so many times. Their entity tags name the generation: rows that
    /// were built again have the versions of those before, and may tell something else.
    public func built(generation: Int) -> RestResource {
        var resource = self
        resource.generation = generation
        return resource
    }

    public var routes: [Route] { declaration.routes.map { $0.bound(to: self) } }

    /// The body of one item, with its links: what GET answers, and what a command that made it answers.
    public func representation(of entity: Root, for request: Request) -> HALItem<Root> {
        declaration.representation(of: entity, for: request)
    }

    /// Where an item is found, for `Location`.
    public func location(of id: String, for request: Request) -> String {
        request.baseURL + path + "/" + id
    }
}

extension RestResource {
    /// Throws a 405 `Problem` if the resource is written by commands only; its writing routes are not declared then.
    var writes: RestWrites<Root> {
        get throws(Problem) {
            guard let declaredWrites else { throw Problem(status: 405, detail: "\(name) is changed by commands") }
            return declaredWrites
        }
    }

    func show(_ request: Request) async throws -> Response {
        let entity = try await self.item(of: request)
        let tag = tag(of: entity)
        if Precondition(request).isKnown(tag) { return Response(status: 304, headers: ["ETag": tag]) }
        var response = try answer(with: entity, to: request)
        response.headers["ETag"] = tag
        return response
    }

    private func tag(of entity: Root) -> String {
        guard let generation else { return Precondition.tag(entity.version) }
        var builder = EntityTagBuilder()
        builder.add(Int64(generation))
        ResourceDeclaration.add(entity, to: &builder)
        return builder.tag
    }

    func find(_ search: Search, _ request: Request, path: String) async throws -> Response {
        let query = request.query
        guard let text = query[search.parameter] else { throw Problem.invalid(search.parameter, "is required") }
        let value = search.normalise(text)
        let sort = try PageRequest(query: query, sortable: declaration.sortable).sort
        if sort.count == 1, let first = sort.first, let sorted = search.sorted[first.field] {
            return try await declaration.list(
                request, in: self, path: path,
                where: [.greaterOrEqual(sorted, .text(value + " ")), .less(sorted, .text(value + "!"))],
                sortedBy: [Sort(sorted, descending: first.isDescending)])
        }
        let condition = try condition(search.field, named: search.parameter, equals: value)
        return try await declaration.list(request, in: self, path: path, where: [condition])
    }

    private func condition(_ field: String, named parameter: String, equals text: String) throws -> Condition {
        let type = Root.collection.fields.first { $0.schema.name == field }?.schema.type ?? .text
        let value: FieldValue? =
            switch type {
            case .text: .text(text)
            case .integer: Int64(text).map(FieldValue.integer)
            case .real: Double(text).map(FieldValue.real)
            case .boolean: Bool(text).map(FieldValue.boolean)
            }
        guard let value else { throw Problem.invalid(parameter, "must be of type \(type.rawValue)") }
        return Condition(field, .equal, value)
    }

    func follow(_ association: Association<Root>, _ request: Request) async throws -> Response {
        let root = try await self.item(of: request)
        return try await association.respond(
            request, root, repository.database, "\(path)/\(root.id)/\(association.name)")
    }
}
