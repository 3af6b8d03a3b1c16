import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import REST
import Storage
import StorageSQLite

/// A resource of gadgets that can be written to, over an empty database.
struct Shelf: Sendable {
    let gadgets: Repository<Gadget>
    let router: Router

    /// Runs `body` with a new shelf on a simulated loop.
    static func with<Result: Sendable>(
        _ body: @escaping @Sendable (Shelf) async throws -> Result
    ) async throws -> Result {
        try await LoopKind.simulated.run { loop in
            let folder = TemporaryDirectory()
            let database = try SQLiteDatabase(path: folder.file("gadgets.db"), loop: loop)
            try await database.migrate([Migration(1, "gadgets", [.create(Gadget.collection.schema)])])
            let gadgets = Repository<Gadget>(database)
            let resource = RestResource(
                gadgets, item: "gadget", searches: [.init("findByName", by: "name")], writes: Gadget.writes)
            let result = try await body(Shelf(gadgets: gadgets, router: try Router(resource.routes)))
            await database.close()
            return result
        }
    }

    @discardableResult
    func add(_ id: String = "1", name: String = "lamp", price: Int64 = 10, note: String? = "old") async throws -> Gadget
    {
        try await gadgets.insert(Gadget(id: id, name: name, price: price, note: note, isTested: true))
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ body: String = "", _ headers: Headers = Headers()
    ) async -> Response {
        await router.respond(to: Request(method: method, path: path, headers: headers, body: Data(body.utf8)))
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }
    var fields: [String] { Problem(self)?.errors.map(\.field) ?? [] }
    func gadget() throws -> Gadget { try JSON.decode(Gadget.self, from: body) }
}
