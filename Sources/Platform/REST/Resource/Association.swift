import HTTP
public import Storage

/// A way from an item to others of the same service: `GET /{collection}/{id}/{name}`, and a link of that relation on
/// each item.
public struct Association<Root: Entity>: Sendable {
    let name: String
    let summary: String
    let answers: any (Codable & SendableMetatype).Type
    let statuses: [Int]
    let parameters: [QueryParameter]
    let respond: @Sendable (Request, Root, any Database, _ path: String) async throws -> Response

    /// The one whose id the item has; 404 if it has none.
    public static func one<Other: Entity>(
        _ name: String, in others: ResourceDeclaration<Other>, id: @escaping @Sendable (Root) -> String?
    ) -> Association {
        Association(
            name: name, summary: "Shows its \(name)", answers: Other.self, statuses: [200, 404], parameters: []
        ) { request, root, database, _ in
            guard let id = id(root), let other = try await Repository<Other>(reading: database).find(id),
                others.visibility.shows(other, to: request.scope)
            else {
                throw Problem.notFound("\(name) of \(root.id)")
            }
            return try .json(others.representation(of: other, for: request), contentType: HAL.contentType)
        }
    }

    /// A page of those whose `field` has the value that the item says.
    public static func many<Other: Entity>(
        _ name: String, in others: ResourceDeclaration<Other>, where field: String,
        is value: @escaping @Sendable (Root) -> FieldValue
    ) -> Association {
        Association(
            name: name, summary: "Lists its \(name), a page at a time", answers: HALPage<Other>.self,
            statuses: [200, 404], parameters: QueryParameter.paging
        ) { request, root, database, path in
            try await others.list(
                request, in: Repository(reading: database), path: path, where: [Condition(field, .equal, value(root))])
        }
    }
}
