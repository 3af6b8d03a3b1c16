import HTTP
import Testing

@testable import Idempotency

@Suite struct IdempotencyKeyTests {
    @Test(arguments: [
        (#""8e03978e-40d5-43dd""#, "8e03978e-40d5-43dd"),
        ("PAY-IDEMPOTENCY-ORD-123", "PAY-IDEMPOTENCY-ORD-123"),
        (#""with \"quotes\" and \\""#, #"with "quotes" and \"#),
        (#""a, b""#, "a, b"),
        (#""key";version=1"#, "key"),
        ("  padded  ", "padded"),
        ("two words", "two words"),
        (String(repeating: "k", count: 255), String(repeating: "k", count: 255)),
    ])
    func is_read_quoted_and_bare(header: String, value: String) throws {
        let key = try IdempotencyKey(["idempotency-key": header], client: "shop")
        #expect(key == IdempotencyKey(client: "shop", value: value))
    }

    @Test(arguments: [
        "", " ", #""""#, #""open"#, #""a" "b""#, #""a", "b""#, "a, b", #"a"b"#, #""bad \n escape""#, "tab\tinside",
        "nul\0", "schlüssel", "\"🔑\"", "a\u{FFFD}", "delete\u{7F}",
        String(repeating: "k", count: 256),
    ])
    func malformed_is_a_400_that_names_the_header(header: String) throws {
        let problem = #expect(throws: Problem.self) { try IdempotencyKey(["Idempotency-Key": header], client: "shop") }
        #expect(problem?.status == 400)
        #expect(problem?.errors.first?.field == "Idempotency-Key")
    }

    @Test func sent_twice_is_a_400() {
        var headers: Headers = ["Idempotency-Key": "a"]
        headers.add("idempotency-key", "a")
        #expect(throws: Problem.self) { try IdempotencyKey(headers, client: "shop") }
    }

    @Test func missing_is_a_400_only_where_it_is_required() throws {
        #expect(try IdempotencyKey([:], client: "shop") == nil)
        let problem = #expect(throws: Problem.self) { try IdempotencyKey([:], client: "shop", required: true) }
        #expect(problem?.status == 400)
    }

    @Test func no_two_pairs_of_client_and_key_share_an_id() {
        let keys = [("a|b", "c"), ("a", "b|c"), ("a%7Cb", "c"), ("", "a|b|c")]
        #expect(Set(keys.map { IdempotencyKey(client: $0.0, value: $0.1).id }).count == keys.count)
    }
}
