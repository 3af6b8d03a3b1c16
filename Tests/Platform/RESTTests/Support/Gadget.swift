import HTTP
import REST
import Storage

struct Gadget: Entity {
    let id: String
    var version: Int64 = 0
    var name: String
    var price: Int64
    var note: String?
    /// Not part of the body: only the server says it.
    var isTested: Bool

    static let collection = Collection<Gadget>(
        "gadgets", fields: [.text("name", unique: true) { $0.name }, .integer("price") { $0.price }])
}

struct GadgetBody: Decodable, Sendable {
    let name: String
    let price: Int64
    let note: String?
}

extension Gadget {
    static let writes = RestWrites<Gadget>(
        GadgetBody.self,
        checkDeletion: { gadget, tx in
            let query = Query(where: [.equal("price", 99)], limit: 10)
            guard try await tx.query(Gadget.collection.schema, query).allSatisfy({ $0.id != gadget.id }) else {
                throw Problem(status: 409, detail: "it is precious")
            }
        },
        make: { body, id, stored in
            var errors = FieldErrors()
            errors.require(body.name, "name", length: 1...20)
            errors.require(body.price > 0, "price", "must be greater than 0")
            try errors.check()
            return Gadget(
                id: id ?? "G-" + body.name, name: body.name, price: body.price, note: body.note,
                isTested: stored?.isTested ?? false)
        })
}
