import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// The header `Idempotency-Key` in every shape, byte for byte, where money is moved: the draft's answers, and never a 5xx.
    @Suite struct IdempotencyKeyTests {
        @Test func every_shape_of_the_header_has_the_answer_of_the_draft() async throws {
            for name in KeyedEndpoint.Name.allCases {
                let endpoint = try await running(name)
                let answers = try await onThread {
                    let connection = RawConnection(port: endpoint.port)
                    return try KeyCase.all.enumerated().map { try endpoint.send($1.sent, body: $0, on: connection) }
                }
                for (shape, answer) in zip(KeyCase.all, answers) {
                    let what: Comment = "\(endpoint.name), \(shape.name): \(answer.status) \(answer.text)"
                    guard !shape.isRight else {
                        #expect(endpoint.right.contains(answer.status), what)
                        continue
                    }
                    let field = JSONValue(Data(answer.body))["errors"][0]["field"].string
                    #expect(answer.status == 400 && field == "Idempotency-Key", what)
                    #expect(answer.header("Content-Type") == "application/problem+json", what)
                }
            }
        }

        @Test func quoted_or_bare_it_is_one_key_and_another_request_with_it_is_refused() async throws {
            let other =
                #"{"orderId": "ORD-OTHER", "amount": 7, "currency": "KRW", "#
                + #""branchId": 7, "sauceId": 7, "qty": 7, "price": 7}"#
            for name in KeyedEndpoint.Name.allCases {
                let endpoint = try await running(name)
                let first = try await sent(#""one key""#, to: endpoint)
                #expect(endpoint.right.contains(first.status) && first.header("Idempotent-Replayed") == nil)
                for same in ["one key", "  one key ", #""one key";v=2"#, #""one key""#] {
                    let again = try await sent(same, to: endpoint)
                    #expect(again.status == first.status && again.body == first.body, "\(endpoint.name): \(same)")
                    #expect(again.header("Idempotent-Replayed") == "true", "\(endpoint.name): \(same)")
                }
                let (reused, without) = try await onThread {
                    let connection = RawConnection(port: endpoint.port)
                    let reused = try connection.exchange(RawRequest.post(endpoint.path, other, key: "one key"))
                    return (reused, try endpoint.send([], body: 9_999, on: connection))
                }
                #expect(reused.status == 422, "\(endpoint.name): \(reused.text)")
                #expect(without.status == (endpoint.isRequired ? 400 : 201), "\(endpoint.name): \(without.text)")
            }
        }

        @Test func while_the_first_is_under_way_the_second_is_told_to_come_again() async throws {
            let slow = ["psp": ["lostReplyDelay: 20s"], "payment": ["providerTimeout: 2s"]]
            for name in KeyedEndpoint.Name.allCases {
                let endpoint = try await running(name, slow)
                try await endpoint.shop.setFaults(#"{"hangs": "1 time"}"#)
                async let first = sent("slow", to: endpoint)
                try await eventually("the provider hangs") {
                    try await HTTP.get(endpoint.shop.url("psp", "/admin/faults")).json["hangs"].string == "0 times"
                }
                let second = try await sent("slow", to: endpoint)
                #expect(second.status == 409 && second.header("Retry-After") != nil, "\(endpoint.name): \(second.text)")
                #expect(try await first.status == 202, "\(endpoint.name)")
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func twelve_hundred_random_keys_are_read_by_the_rules_or_refused() async throws {
            for (seed, name) in KeyedEndpoint.Name.allCases.enumerated() {
                let endpoint = try await running(name)
                let answers = try await onThread {
                    var random = SeededRandom(seed: UInt64(seed))
                    let connection = RawConnection(port: endpoint.port)
                    return try (0..<400).map { number in
                        let key = RandomKey(using: &random)
                        return (key, try endpoint.send([key.bytes], body: number, on: connection))
                    }
                }
                for (key, answer) in answers {
                    // A short key may come twice, with another body.
                    let wanted = key.isRight ? endpoint.right.union([422]) : [400]
                    #expect(
                        wanted.contains(answer.status), "\(endpoint.name) \(key.bytes): \(answer.status) \(answer.text)"
                    )
                }
                let statuses = Dictionary(grouping: answers) { $1.status }.mapValues(\.count)
                #expect((statuses[400] ?? 0) > 50 && (statuses[201] ?? 0) > 50, "\(statuses)")
                #expect(try await endpoint.shop.booksAgree())
            }
        }

        private func sent(_ key: String, to endpoint: KeyedEndpoint) async throws -> RawAnswer {
            try await onThread { try endpoint.send(key, on: RawConnection(port: endpoint.port)) }
        }

        /// A shop of its own for each: the keys of one service are of one space.
        private func running(
            _ name: KeyedEndpoint.Name, _ settings: [String: [String]] = [:]
        ) async throws -> KeyedEndpoint {
            let shop = try ShopUnderTest(settings)
            try await shop.up()
            let id = try #require(try await shop.place().json["id"].string)
            try await eventually("the order is paid") { try await shop.order(id)["status"].string == "PAID" }
            let payment = try #require(try await shop.payment(of: id)["id"].string)
            return try KeyedEndpoint(name, shop, payment: payment)
        }
    }
}
