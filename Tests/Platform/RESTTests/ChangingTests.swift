import HTTP
import Kernel
import Storage
import Testing

@Suite struct ChangingTests {
    @Test func put_replaces_what_the_body_says_and_keeps_what_it_cannot() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let answer = await shelf.send(
                .put, "/gadgets/1", #"{"id":"2","version":7,"isTested":false,"name":"desk","price":5}"#)
            #expect(answer.status == 200 && answer.headers["ETag"] == "\"2\"")
            let gadget = try answer.gadget()
            #expect(gadget.id == "1" && gadget.version == 2 && gadget.name == "desk")
            #expect(gadget.note == nil && gadget.isTested)
        }
    }

    @Test(arguments: [
        (#"{"price":"20"}"#, "lamp", 20, "old"), (#"{"note":null}"#, "lamp", 10, nil),
        (#"{"name":"desk","note":"new","other":[1]}"#, "desk", 10, "new"),
        (#"{"id":"9","_links":{}}"#, "lamp", 10, "old"),
    ])
    func patch_changes_the_members_it_names(
        body: String, name: String, price: Int64, note: String?
    ) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let answer = await shelf.send(
                .patch, "/gadgets/1", body, ["Content-Type": "application/merge-patch+json; charset=utf-8"])
            #expect(answer.status == 200)
            let gadget = try answer.gadget()
            #expect(gadget.name == name && gadget.price == price && gadget.note == note && gadget.isTested)
        }
    }

    @Test(arguments: [
        (#"{"name":null}"#, ["name"]), (#"{"price":-1}"#, ["price"]), (#"{"price":{"a":1}}"#, ["price"]),
        ("[]", ["body"]), ("7", ["body"]), ("", []),
    ])
    func a_patch_that_leaves_something_wrong_is_refused(body: String, fields: [String]) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let answer = await shelf.send(.patch, "/gadgets/1", body)
            #expect(answer.status == 400 && answer.fields == fields)
            #expect(try await shelf.gadgets.find("1")?.version == 1)
        }
    }

    @Test(arguments: [(30, 200), (33, 400), (500, 400), (100_000, 400)])
    func a_deep_patch_is_merged_or_refused(depth: Int, status: Int) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let body = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
            #expect(await shelf.send(.patch, "/gadgets/1", body).status == status)
        }
    }

    /// Nine wide and deep lists took twenty seconds of the loop, when each value was tried as one kind after the other.
    @Test func a_wide_and_deep_patch_is_refused_at_once() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
            let body = #"{"note":["# + Array(repeating: deep, count: 900).joined(separator: ",") + "]}"
            #expect(await shelf.send(.patch, "/gadgets/1", body).status == 400)
        }
    }

    @Test(arguments: ["9400111899223045678901", "1.10", "1e400"])
    func a_patch_with_a_number_for_text_keeps_every_digit(literal: String) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let answer = await shelf.send(.patch, "/gadgets/1", "{\"note\":\(literal)}")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await shelf.gadgets.find("1")?.note == literal)
        }
    }

    @Test(arguments: [#"{"name":"a",}"#, #"{"name":"a","name":"b"}"#, #"{"name":"a"}{}"#, #"{'name':'a'}"#])
    func what_is_not_JSON_is_refused(body: String) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let answer = await shelf.send(.patch, "/gadgets/1", body)
            #expect(answer.status == 400 && answer.text.contains("not valid JSON"))
            #expect(await shelf.send(.post, "/gadgets", body).status == 400)
        }
    }

    @Test func a_patch_of_another_kind_is_415() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let headers: Headers = ["Content-Type": "application/json-patch+json"]
            let answer = await shelf.send(.patch, "/gadgets/1", "[]", headers)
            #expect(answer.status == 415)
            #expect(answer.headers["Accept-Patch"]?.hasPrefix("application/merge-patch+json") == true)
        }
    }

    @Test(arguments: [(HTTPMethod.put, #"{"name":"lamp","price":10,"note":"old"}"#), (.patch, "{}")])
    func what_changes_nothing_makes_no_version(method: HTTPMethod, body: String) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let answer = await shelf.send(method, "/gadgets/1", body)
            #expect(answer.status == 200 && answer.headers["ETag"] == "\"1\"")
        }
    }

    @Test func a_unique_field_that_another_has_is_409() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            try await shelf.add("2", name: "desk")
            let answer = await shelf.send(.patch, "/gadgets/2", #"{"name":"lamp"}"#)
            #expect(answer.status == 409 && answer.fields == ["name"])
        }
    }

    @Test func delete_takes_it_away_once() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            #expect(await shelf.send(.delete, "/gadgets/1").status == 204)
            #expect(await shelf.send(.delete, "/gadgets/1").status == 404)
            #expect(await shelf.send(.get, "/gadgets/1").status == 404)
            #expect(await shelf.send(.patch, "/gadgets/1", "{}").status == 404)
        }
    }

    @Test func what_has_to_stay_is_not_deleted() async throws {
        try await Shelf.with { shelf in
            try await shelf.add(price: 99)
            #expect(await shelf.send(.delete, "/gadgets/1").status == 409)
            #expect(try await shelf.gadgets.count() == 1)
        }
    }

    @Test func of_many_changes_at_once_none_is_lost() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let statuses = await withTaskGroup(of: Int.self) { group in
                for price in 100..<120 {
                    group.addTask { await shelf.send(.patch, "/gadgets/1", #"{"price":\#(price)}"#).status }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 20))
            #expect(try await shelf.gadgets.find("1")?.version == 21)
        }
    }
}
