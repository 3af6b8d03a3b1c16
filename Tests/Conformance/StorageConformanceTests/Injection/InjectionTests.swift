import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import REST
import Storage
import Testing

/// Whatever a caller writes into a query or a body is a value, on every engine: it is refused, finds nothing, or is
/// stored as it is.
@Suite struct InjectionTests {
    @Test(arguments: Setting.all.filter { $0.loop == .threads }) func nothing_that_callers_write_is_taken_for_a_command(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let target = try await InjectionTarget(stage)
            for text in InjectionCorpus.all {
                let began = stage.loop.uptime
                try await target.search(text)
                try await target.readOddly(text)
                try await target.write(text)
                // Those that would sleep do so for thirty seconds.
                #expect(stage.loop.uptime - began < .seconds(25), "\(text)")
            }
            #expect(target.attempts.all.count >= 500)
            try await target.expectUntouched()
        }
    }
}

/// A resource with a few records that must stay as they are.
private struct InjectionTarget: Sendable {
    let gadgets: Repository<Gadget>
    let router: Router
    let before: [Gadget]
    let attempts = Names()

    init(_ stage: Stage) async throws {
        let gadgets = stage.gadgets
        for number in 0..<5 { try await gadgets.insert(Gadget("g\(number)", color: "red", size: 7)) }
        let resource = RestResource(
            gadgets, item: "gadget",
            searches: [
                .init("findByName", by: "name"), .init("findByColor", by: "color"), .init("findBySize", by: "size"),
                .init("findByWeight", by: "weight"), .init("findByIsSold", by: "isSold"),
            ],
            writes: RestWrites(GadgetBody.self) { body, id, stored in
                var gadget = stored ?? Gadget(id ?? "new")
                gadget.name = body.name
                gadget.color = body.color
                gadget.size = body.size ?? 0
                return gadget
            })
        self.gadgets = gadgets
        router = try Router(resource.routes)
        before = try await gadgets.all(Query(limit: 100))
    }

    func expectUntouched() async throws {
        let after = try await gadgets.all(Query(limit: 100))
        #expect(after == before)
    }

    /// Searches find nothing: no record has such a value.
    func search(_ text: String) async throws {
        for field in ["name", "color", "size", "weight", "isSold"] {
            let path = "/gadgets/search/findBy" + field.prefix(1).uppercased() + field.dropFirst()
            let answer = await send(.get, path, query: field, text)
            // A text that an engine cannot hold is refused; so is what is no number.
            #expect([200, 400].contains(answer.status), "\(field) \(text)")
            if answer.status == 200 { #expect(answer.total == 0, "\(field) \(text)") }
            let odd = await send(.get, path, query: field + "[$ne]", text)
            #expect(odd.status == 400, "\(field)[$ne] \(text)")
        }
    }

    func readOddly(_ text: String) async throws {
        for name in ["sort", "page", "size"] {
            let answer = await send(.get, "/gadgets", query: name, text)
            #expect(answer.status == 400, "\(name) \(text)")
        }
        let direction = await send(.get, "/gadgets", query: "sort", "size," + text)
        #expect(direction.status == 400, "size,\(text)")
        // A parameter of no meaning has none.
        let unknown = await send(.get, "/gadgets", query: text, "1")
        #expect(unknown.status == 200 && unknown.total == before.count, "\(text)=1")
        for method in [HTTPMethod.get, .delete] {
            let answer = await send(method, "/gadgets/" + encoded(text))
            #expect([400, 404, 405].contains(answer.status), "\(method) \(text)")
        }
    }

    /// What can be stored is stored as it is, and found by itself alone.
    func write(_ text: String) async throws {
        let document = try JSON.encode(["name": text, "color": text])
        let answer = await send(.put, "/gadgets/new", body: document)
        #expect([201, 400].contains(answer.status), "\(text)")
        if answer.status == 201 {
            let stored = try #require(try await gadgets.find("new"))
            #expect(stored.name == text && stored.color == text)
            let found = try await gadgets.all(Query(where: [.equal("color", .text(text))], limit: 9))
            #expect(found.map(\.id) == ["new"])
            _ = try await gadgets.delete(id: "new")
        }
        // A document where a text is due, and a text where a number is.
        let operators = Data("{\"name\": {\"$gt\": \"\"}, \"color\": [\"\(text.filter { $0.isLetter })\"]}".utf8)
        #expect(await send(.put, "/gadgets/g1", body: operators).status == 400)
        let number = try JSON.encode(["name": "x", "size": text])
        #expect(await send(.patch, "/gadgets/g1", body: number).status == 400, "\(text)")
    }

    private func send(
        _ method: HTTPMethod, _ path: String, query name: String? = nil, _ value: String = "", body: Data = Data()
    ) async -> Response {
        attempts.add(path)
        let query = name.map { encoded($0) + "=" + encoded(value) } ?? ""
        var headers = Headers()
        if method == .patch { headers.add("Content-Type", "application/merge-patch+json") }
        return await router.respond(
            to: Request(method: method, path: path, rawQuery: query, headers: headers, body: body))
    }

    /// Every byte that is no letter or digit.
    private func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

private struct GadgetBody: Decodable, Sendable {
    let name: String
    let color: String?
    let size: Int64?
}

extension Response {
    /// How many there are in all, of a collection.
    fileprivate var total: Int? {
        struct Collection: Decodable {
            struct Page: Decodable { let totalElements: Int }
            let page: Page
        }
        return try? JSON.decode(Collection.self, from: body).page.totalElements
    }
}
