public import HTTP
public import Storage

/// Helps the commands of a service that change a resource in another way than PUT, PATCH and DELETE do.
extension RestResource {
    /// Finds the item that the part `{id}` of the request's path names. Throws a 404 `Problem` if there is none.
    /// An item that the request's caller does not see is not there for them.
    public func item(of request: Request, in tx: any ReadTransaction) async throws -> Root {
        let id: String = try request.parameter("id")
        return try shown(try await repository.find(id, in: tx), id, to: request)
    }

    /// Finds the item in a transaction of its own.
    public func item(of request: Request) async throws -> Root {
        let id: String = try request.parameter("id")
        return try shown(try await repository.find(id), id, to: request)
    }

    /// Throws the same 404 `Problem` for what is not there and for what is another's.
    func shown(_ entity: Root?, _ id: String, to request: Request) throws(Problem) -> Root {
        guard let entity, declaration.visibility.shows(entity, to: request.scope) else {
            throw .notFound("\(item) \(id)")
        }
        return entity
    }

    /// Finds the item for a command that changes it: also throws 412 if the request names another version (`If-Match`).
    public func itemToChange(of request: Request, in tx: any ReadTransaction) async throws -> Root {
        let entity = try await item(of: request, in: tx)
        try request.requireMatch(entity)
        return entity
    }

    /// Answers with the item, its links and its `ETag`. An answer with the status 201 says where it is (`Location`); one
    /// with another status does if `isLocated`.
    public func answer(
        with entity: Root, status: Int = 200, isLocated: Bool = false, to request: Request
    ) throws -> Response {
        var response = try Response.json(
            representation(of: entity, for: request), status: status, contentType: HAL.contentType)
        if status == 201 || isLocated { response.headers.add("Location", location(of: entity.id, for: request)) }
        return response.tagged(entity.version)
    }
}

extension Response {
    /// Adds the version of what the answer shows as its `ETag` (RFC 9110 §8.8.3).
    public func tagged(_ version: Int64) -> Response {
        var response = self
        response.headers.add("ETag", Precondition.tag(version))
        return response
    }
}
