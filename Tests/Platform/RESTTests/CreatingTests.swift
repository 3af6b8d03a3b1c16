import HTTP
import Kernel
import Storage
import Testing

@Suite struct CreatingTests {
    @Test func post_adds_one_and_says_where() async throws {
        try await Shelf.with { shelf in
            let answer = await shelf.send(
                .post, "/gadgets", #"{"name":"lamp","price":"12","id":"mine","version":9,"_links":{}}"#,
                ["Host": "shop"])
            #expect(answer.status == 201)
            #expect(answer.headers["Location"] == "http://shop/gadgets/G-lamp")
            #expect(answer.headers["ETag"] == "\"1\"")
            #expect(answer.headers["Content-Type"] == "application/hal+json")
            let gadget = try answer.gadget()
            #expect(gadget.id == "G-lamp" && gadget.version == 1 && gadget.price == 12)
            #expect(try await shelf.gadgets.find("G-lamp")?.price == 12)
        }
    }

    @Test(arguments: [
        (#"{"name":"","price":0}"#, ["name", "price"]), (#"{"name":"a\u0007b","price":1}"#, ["name"]),
        (#"{"price":1}"#, ["name"]), (#"{"name":"a","price":"x"}"#, ["price"]), ("[]", ["body"]), ("{", []),
        (#"{"name":"   ","price":1}"#, ["name"]), (#"{"name":"123456789012345678901","price":1}"#, ["name"]),
    ])
    func what_is_wrong_is_named_and_nothing_is_stored(body: String, fields: [String]) async throws {
        try await Shelf.with { shelf in
            let answer = await shelf.send(.post, "/gadgets", body)
            #expect(answer.status == 400)
            #expect(answer.fields == fields)
            let count = try await shelf.gadgets.count()
            #expect(count == 0)
        }
    }

    @Test func a_taken_field_is_409_and_named() async throws {
        try await Shelf.with { shelf in
            try await shelf.add("1", name: "lamp")
            let sameName = await shelf.send(.post, "/gadgets", #"{"name":"lamp","price":1}"#)
            #expect(sameName.status == 409 && sameName.fields == ["name"])
            try await shelf.add("G-desk", name: "table")
            let sameId = await shelf.send(.post, "/gadgets", #"{"name":"desk","price":1}"#)
            #expect(sameId.status == 409 && sameId.fields == ["id"])
            #expect(try await shelf.gadgets.count() == 2)
        }
    }

    @Test func put_to_a_new_id_adds_it_there() async throws {
        try await Shelf.with { shelf in
            let answer = await shelf.send(.put, "/gadgets/7", #"{"name":"lamp","price":1}"#, ["If-None-Match": "*"])
            #expect(answer.status == 201)
            #expect(answer.headers["Location"] == "http://localhost/gadgets/7")
            let again = await shelf.send(.put, "/gadgets/7", #"{"name":"x","price":1}"#, ["If-None-Match": "*"])
            #expect(again.status == 412)
            let stored = try await shelf.gadgets.find("7")
            #expect(stored?.name == "lamp")
        }
    }

    @Test(arguments: ["a%2Fb", "a%20b", "%C3%A4", String(repeating: "x", count: 65)])
    func an_id_that_cannot_stand_in_an_address_is_refused(id: String) async throws {
        try await Shelf.with { shelf in
            let answer = await shelf.send(.put, "/gadgets/" + id, #"{"name":"lamp","price":1}"#)
            #expect(answer.status == 400 && answer.fields == ["id"])
        }
    }
}
