import HTTP
import Kernel
import Storage

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
