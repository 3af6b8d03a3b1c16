import HTTP
import Kernel
public import Storage

/// How the items of a resource are made from what callers send: POST, PUT, PATCH and DELETE follow from it.
public struct RestWrites<Root: Entity>: Sendable {
    /// Makes the entity that the body describes; throws a `Problem` that names every field that is wrong.
    ///
    /// `id` is the one of the path, `nil` if the entity is to choose (POST). `stored` is what the body replaces: what
    /// the body cannot say is taken from it.
    public typealias Make<Body> = @Sendable (_ body: Body, _ id: String?, _ stored: Root?) throws -> Root
    /// Throws a `Problem` where the entity has to stay.
    public typealias DeletionCheck = @Sendable (Root, any ReadTransaction) async throws -> Void

    let body: any (Decodable & SendableMetatype).Type
    /// The member that the id is made of, for errors.
    let idField: String
    let checkDeletion: DeletionCheck
    /// Reads the body; what it gives makes the entity.
    let read: @Sendable (Request) throws -> @Sendable (_ id: String?, _ stored: Root?) throws -> Root

    /// Members of the body that `Body` does not declare are ignored, `id`, `version` and `_links` among them.
    public init<Body: Decodable & Sendable>(
        _ body: Body.Type, idField: String = "id",
        checkDeletion: @escaping DeletionCheck = { _, _ in }, make: @escaping Make<Body>
    ) {
        self.body = body
        self.idField = idField
        self.checkDeletion = checkDeletion
        read = { request in
            let content = try request.decode(body)
            return { id, stored in try make(content, id, stored) }
        }
    }

    init(
        body: any (Decodable & SendableMetatype).Type,
        read: @escaping @Sendable (Request) throws -> @Sendable (_ id: String?, _ stored: Root?) throws -> Root
    ) {
        self.body = body
        self.read = read
        idField = "id"
        checkDeletion = { _, _ in }
    }

    /// 409 that names the field, where a unique one is taken.
    func namingDuplicates<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as StorageError {
            guard case .duplicate(let field) = error.code else { throw error }
            let taken = Problem.Field(field: field == "id" ? idField : field, message: "is taken")
            throw Problem(status: 409, detail: "\(taken.field) is taken", errors: [taken])
        }
    }
}

extension RestWrites {
    /// The body is the entity itself, without its `id` and `version`: for entities with no rules but their types. What
    /// cannot be decoded is a 400 that names the field.
    public static func entity(newId: @escaping @Sendable () -> String) -> RestWrites {
        RestWrites(body: JSONDocument.self) { request in
            guard case .object(let members) = try request.decode(JSONDocument.self) else {
                throw Problem(status: 400, detail: "The body must be a JSON object")
            }
            return { id, stored in
                var whole = members
                whole["id"] = .text(id ?? newId())
                whole["version"] = .integer(stored?.version ?? 0)
                var completed = request
                completed.body = try JSON.encode(JSONDocument.object(whole))
                return try completed.decode(Root.self)
            }
        }
    }
}
