import FoundationEssentials
import HTTP
import Kernel
import Testing

@testable import REST

@Suite struct DescriptionTests {
    @Test func every_status_of_every_route_is_described() async throws {
        try await Shelf.with { shelf in
            func statuses(_ method: HTTPMethod, _ pattern: String) -> [Int] {
                shelf.router.routes.first { $0.method == method && $0.pattern == pattern }?.statuses ?? []
            }
            #expect(statuses(.post, "/gadgets") == [201, 409])
            #expect(statuses(.put, "/gadgets/{id}") == [200, 201, 409, 412])
            #expect(statuses(.patch, "/gadgets/{id}") == [200, 404, 409, 412, 415])
            #expect(statuses(.delete, "/gadgets/{id}") == [204, 404, 409, 412])
            #expect(statuses(.get, "/gadgets/{id}") == [200, 304, 404])
        }
    }

    @Test func a_page_is_described_as_it_is_sent() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let page = try JSON.decode(HALPage<Gadget>.self, from: await shelf.send(.get, "/gadgets").body)
            #expect(page._embedded.items.map(\.id) == ["1"] && page.page.totalElements == 1)
            let document = OpenAPI.document(title: "t", version: "1", routes: shelf.router.routes)
            let text = String(decoding: document, as: UTF8.self)
            #expect(text.contains(##""gadgets":{"items":{"$ref":"#/components/schemas/Gadget"},"type":"array"}"##))
            #expect(text.contains(#""application/hal+json":{"schema""#))
            #expect(text.contains(#""in":"query","name":"name","required":true"#))
        }
    }

    @Test func without_writes_there_is_nothing_but_reading() async throws {
        try await Shelf.with { shelf in
            let routes = RestResource(shelf.gadgets, item: "gadget").routes
            #expect(routes.map(\.method) == [.get, .get, .get])
        }
    }
}
