import FoundationEssentials
import HTTP
import Kernel
import Storage
import Testing

@testable import REST

@Suite struct AssociationTests {
    @Test func an_item_leads_to_those_it_belongs_to() async throws {
        try await withRooms { shelf, router in
            try await shelf.add("1", name: "lamp", price: 10)
            try await shelf.add("2", name: "rug", price: 10)
            try await shelf.add("3", name: "sofa", price: 99)
            let lamp = await router.respond(to: Request(method: .get, path: "/gadgets/1"))
            #expect(lamp.text.contains(#""peers":{"href":"http://localhost/gadgets/1/peers"}"#))
            let peers = await router.respond(to: Request(method: .get, path: "/gadgets/1/peers"))
            let page = try JSON.decode(HALPage<Gadget>.self, from: peers.body)
            #expect(page._embedded.items.map(\.id) == ["1", "2"] && page.page.totalElements == 2)
            let first = await router.respond(to: Request(method: .get, path: "/gadgets/2/named"))
            #expect(first.status == 200)
            #expect(try first.gadget().id == "1")
            #expect(first.text.contains(#""self":{"href":"http://localhost/gadgets/1"}"#))
        }
    }

    @Test func what_there_is_not_is_not_found() async throws {
        try await withRooms { shelf, router in
            try await shelf.add("2", name: "rug")
            for path in ["/gadgets/9/peers", "/gadgets/9/named", "/gadgets/2/named"] {
                #expect(await router.respond(to: Request(method: .get, path: path)).status == 404, "\(path)")
            }
        }
    }

    @Test func a_collection_says_what_its_items_look_like_and_how_to_search() async throws {
        try await withRooms { shelf, router in
            let page = await shelf.send(.get, "/gadgets").text
            #expect(page.contains(#""profile":{"href":"http://localhost/profile/gadgets"}"#))
            #expect(page.contains(#""search":{"href":"http://localhost/gadgets/search"}"#))
            let searches = await shelf.send(.get, "/gadgets/search").text
            #expect(searches.contains(#"/gadgets/search/findByName{?name,page,size,sort}","templated":true"#))
            let profile = await shelf.send(.get, "/profile/gadgets")
            #expect(profile.headers["Content-Type"] == "application/schema+json")
            let schema = try JSON.decode(Schema.self, from: profile.body)
            #expect(schema.title == "gadget" && schema.type == "object")
            #expect(schema.required == ["id", "isTested", "name", "price", "version"])
            #expect(schema.properties["price"]?.type == "integer" && schema.properties["note"]?.type == "string")
        }
    }

    /// Gadgets that lead to all of their price, and to gadget 1.
    private func withRooms(_ body: @escaping @Sendable (Shelf, Router) async throws -> Void) async throws {
        try await Shelf.with { shelf in
            let plain = ResourceDeclaration<Gadget>("gadget")
            let resource = RestResource(
                shelf.gadgets, item: "gadget",
                associations: [
                    .many("peers", in: plain, where: "price") { .integer($0.price) },
                    .one("named", in: plain) { _ in "1" },
                ])
            try await body(shelf, try Router(resource.routes))
        }
    }

    private struct Schema: Decodable {
        struct Property: Decodable {
            let type: String?
        }
        let title: String
        let type: String
        let required: [String]
        let properties: [String: Property]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            title = try container.decode(String.self, forKey: .title)
            type = try container.decode(String.self, forKey: .type)
            required = try container.decode([String].self, forKey: .required).sorted()
            properties = try container.decode([String: Property].self, forKey: .properties)
        }

        enum Keys: String, CodingKey {
            case title, type, required, properties
        }
    }
}
