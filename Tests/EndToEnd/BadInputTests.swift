import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// What must not be accepted: a clear 4xx that names the field, and a server that goes on.
    @Suite struct BadInputTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let body: String
            let field: String?
            var testDescription: String { String(body.prefix(60)) }
        }

        static let cases = [
            Case(body: "not json", field: nil),
            Case(body: "", field: nil),
            Case(body: "[]", field: "body"),
            Case(body: "null", field: "body"),
            Case(body: #"{"branchId": 1}"#, field: "sauceId"),
            Case(body: #"{"branchId": "one", "sauceId": 1, "qty": 1, "price": 1}"#, field: "branchId"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": -1, "price": 1}"#, field: "qty"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": 0, "price": 1}"#, field: "qty"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": 1.5, "price": 1}"#, field: "qty"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": 1e30, "price": 1}"#, field: "qty"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": true, "price": 1}"#, field: "qty"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": null, "price": 1}"#, field: "qty"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": [1], "price": 1}"#, field: "qty"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": 1, "price": 0}"#, field: "price"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": 1000000, "price": 9223372036854775807}"#, field: "price"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": 1, "price": 1, "currency": "XXQ"}"#, field: "currency"),
            Case(body: #"{"branchId": 1, "sauceId": 1, "qty": 1, "price": 1, "email": "a b"}"#, field: "email"),
        ]

        @Test func a_bad_order_is_a_400_that_names_the_field() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            for bad in Self.cases {
                let answer = try await shop.place(bad.body)
                #expect(answer.status == 400, "\(bad.body): \(answer.text)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.json["status"].int == 400)
                if let field = bad.field {
                    #expect(answer.json["errors"][0]["field"].string == field, "\(bad.body): \(answer.text)")
                }
            }
            #expect(try await shop.orders().isEmpty)
            #expect(try await shop.place().status == 201)
        }

        @Test func what_is_not_there_or_too_large_is_a_4xx_problem() async throws {
            let shop = try ShopUnderTest()
            try await shop.up()
            func expectProblem(_ status: Int, _ answer: HTTP.Answer) {
                #expect(answer.status == status, "\(answer.text)")
                #expect(answer.headers["content-type"] == "application/problem+json")
            }
            expectProblem(404, try await HTTP.get(shop.url("order", "/nothing")))
            expectProblem(404, try await HTTP.get(shop.url("order", "/orders/ORD-0")))
            expectProblem(404, try await HTTP.get(shop.url("gateway", "/nothing")))
            let wrongMethod = try await HTTP.send("DELETE", shop.url("order", "/orders"))
            expectProblem(405, wrongMethod)
            #expect(wrongMethod.headers["allow"]?.contains("POST") == true)
            expectProblem(
                413, try await shop.place(#"{"branchId": ""# + String(repeating: "1", count: 2 << 20) + "\"}"))
            expectProblem(400, try await HTTP.get(shop.url("order", "/orders?size=0")))
            expectProblem(400, try await HTTP.get(shop.url("order", "/orders?sort=nothing")))
            expectProblem(400, try await HTTP.get(shop.url("order", "/orders?page=x")))
            #expect(try await shop.place().status == 201)
        }

        @Test func a_bad_configuration_is_told_with_file_and_line() async throws {
            let shop = try ShopUnderTest(["order": ["paymentTimeot: 5s", "payment: sometimes"]])
            let result = try await shop.run(["config", "check", "--config", shop.configuration.path()])
            #expect(result.status != 0)
            let lines = try String(contentsOf: shop.configuration, encoding: .utf8).split(separator: "\n")
            let line = try #require(lines.firstIndex { $0.contains("paymentTimeot") }) + 1
            #expect(result.output.contains("config.yaml:\(line)"))
            #expect(result.output.contains("paymentTimeot"))
            #expect(result.output.contains("sometimes"))
        }
    }
}
