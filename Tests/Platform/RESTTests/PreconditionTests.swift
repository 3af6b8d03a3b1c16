import HTTP
import Storage
import Testing

@Suite struct PreconditionTests {
    static let body = #"{"name":"desk","price":5}"#

    /// What is stored has version 1.
    @Test(arguments: [
        (#""1""#, 200), ("*", 200), (#""7", "1""#, 200), (#""7" ,"1" "#, 200), (#""2""#, 412), (#"W/"1""#, 412),
        ("1", 412), ("\"\"", 412),
    ])
    func if_match_lets_only_that_version_be_changed(tag: String, status: Int) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            #expect(await shelf.send(.put, "/gadgets/1", Self.body, ["If-Match": tag]).status == status)
        }
        try await Shelf.with { shelf in
            try await shelf.add()
            #expect(await shelf.send(.patch, "/gadgets/1", #"{"price":5}"#, ["If-Match": tag]).status == status)
        }
        try await Shelf.with { shelf in
            try await shelf.add()
            let expected = status == 200 ? 204 : status
            #expect(await shelf.send(.delete, "/gadgets/1", "", ["If-Match": tag]).status == expected)
            #expect(try await shelf.gadgets.count() == (status == 200 ? 0 : 1))
        }
    }

    @Test func what_does_not_exist_matches_nothing() async throws {
        try await Shelf.with { shelf in
            #expect(await shelf.send(.put, "/gadgets/1", Self.body, ["If-Match": "*"]).status == 412)
            #expect(await shelf.send(.patch, "/gadgets/1", "{}", ["If-Match": "\"1\""]).status == 404)
            #expect(await shelf.send(.delete, "/gadgets/1", "", ["If-Match": "\"1\""]).status == 404)
        }
    }

    @Test func of_two_who_read_the_same_version_one_changes_it() async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let tag: Headers = ["If-Match": "\"1\""]
            async let first = shelf.send(.patch, "/gadgets/1", #"{"price":5}"#, tag).status
            async let second = shelf.send(.patch, "/gadgets/1", #"{"price":6}"#, tag).status
            #expect(await [first, second].sorted() == [200, 412])
        }
    }

    @Test(arguments: [(#""1""#, 304), (#"W/"1""#, 304), (#""9", "1""#, 304), ("*", 304), (#""2""#, 200)])
    func a_reader_who_has_it_gets_304(tag: String, status: Int) async throws {
        try await Shelf.with { shelf in
            try await shelf.add()
            let answer = await shelf.send(.get, "/gadgets/1", "", ["If-None-Match": tag])
            #expect(answer.status == status && answer.headers["ETag"] == "\"1\"")
        }
    }
}
