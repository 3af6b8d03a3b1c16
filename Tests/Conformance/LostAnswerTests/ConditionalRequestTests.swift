import FoundationEssentials
import HTTP
import Kernel
import ServiceTestSupport
import Testing

/// A command that names another version than the present one (`If-Match`, RFC 9110 §13.1.1) changes nothing, whichever
/// service it is sent to; one that names the present version is done.
@Suite struct ConditionalRequestTests {
    /// A command and the resource whose version it may name.
    struct Case: Sendable, CustomStringConvertible {
        let service: String
        let method: HTTPMethod
        let path: String
        let resource: String
        var body = ""
        var isKeyed = false
        /// What has to be there, so that it is possible.
        var preparation: Errand.Preparation?

        var description: String { "\(service): \(method) \(path)" }

        /// Tells the shop what has to be there.
        var errand: Errand {
            Errand(
                service: service, method: method, path: path, body: body, isKeyed: isKeyed, preparation: preparation)
        }
    }

    static let cases: [Case] = [
        Case(
            service: "cart", method: .post, path: "/carts/{cart}/items", resource: "/carts/{cart}",
            body: #"{"sauceId": 1, "qty": 1}"#),
        Case(
            service: "cart", method: .put, path: "/carts/{cart}/items/1", resource: "/carts/{cart}",
            body: #"{"qty": 3}"#),
        Case(service: "cart", method: .delete, path: "/carts/{cart}/items/1", resource: "/carts/{cart}"),
        Case(
            service: "cart", method: .post, path: "/carts/{cart}/checkout", resource: "/carts/{cart}", isKeyed: true),
        Case(
            service: "delivery", method: .post, path: "/deliveries/{delivery}/ship",
            resource: "/deliveries/{delivery}"),
        Case(
            service: "delivery", method: .post, path: "/deliveries/{delivery}/ship",
            resource: "/deliveries/{delivery}", isKeyed: true),
        Case(
            service: "delivery", method: .post, path: "/deliveries/{delivery}/deliver",
            resource: "/deliveries/{delivery}", preparation: .shipped),
        Case(
            service: "delivery", method: .post, path: "/deliveries/{delivery}/cancel",
            resource: "/deliveries/{delivery}", body: #"{"reason": "test"}"#),
        Case(
            service: "delivery", method: .post, path: "/api/deliveries/cancellations",
            resource: "/deliveries/{delivery}", body: #"{"orderId": "{order}", "reason": "test"}"#),
        Case(
            service: "product", method: .post, path: "/stocks/adjustments", resource: "/stocks/1-1",
            body: #"{"branchId": 1, "sauceId": 1, "change": 5, "reason": "test"}"#),
        Case(
            service: "product", method: .post, path: "/stocks/adjustments", resource: "/stocks/1-1",
            body: #"{"branchId": 1, "sauceId": 1, "change": 5, "reason": "test"}"#, isKeyed: true),
        Case(
            service: "product", method: .put, path: "/products/1", resource: "/products/1",
            body: #"{"name": "Sambal", "price": 6000}"#),
        Case(
            service: "product", method: .patch, path: "/products/1", resource: "/products/1",
            body: #"{"price": 6000}"#),
        Case(
            service: "product", method: .put, path: "/reservations/ORD-KEPT", resource: "/reservations/ORD-KEPT",
            body: #"{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}]}"#),
        Case(
            service: "product", method: .post, path: "/reservations/ORD-KEPT/commit",
            resource: "/reservations/ORD-KEPT"),
        Case(
            service: "product", method: .post, path: "/reservations/ORD-KEPT/release",
            resource: "/reservations/ORD-KEPT"),
        Case(
            service: "customer", method: .post, path: "/customers/{customer}/addresses",
            resource: "/customers/{customer}", body: #"{"street": "Jl. 2", "city": "Jakarta", "country": "ID"}"#),
        Case(
            service: "customer", method: .put, path: "/customers/{customer}/addresses/{address}/default",
            resource: "/customers/{customer}"),
        Case(
            service: "customer", method: .delete, path: "/customers/{customer}/addresses/{address}",
            resource: "/customers/{customer}"),
        Case(
            service: "customer", method: .patch, path: "/customers/{customer}", resource: "/customers/{customer}",
            body: #"{"name": "Other"}"#),
        Case(service: "order", method: .post, path: "/orders/{order}/cancel", resource: "/orders/{order}"),
        Case(
            service: "order", method: .post, path: "/orders/{order}/refunds", resource: "/orders/{order}",
            body: #"{"amount": 100}"#, isKeyed: true),
        Case(
            service: "payment", method: .post, path: "/api/payments/{payment}/refunds",
            resource: "/payments/{payment}", body: #"{"amount": 100}"#, isKeyed: true),
        Case(
            service: "payment", method: .post, path: "/api/payments/{authorised}/captures",
            resource: "/payments/{authorised}", isKeyed: true),
        Case(
            service: "payment", method: .post, path: "/api/payments/{authorised}/voids",
            resource: "/payments/{authorised}", isKeyed: true),
        Case(
            service: "payment", method: .post, path: "/api/differences/{difference}/explanation",
            resource: "/api/differences/{difference}", body: #"{"by": "ann", "reason": "test"}"#,
            preparation: .difference),
        Case(
            service: "payment", method: .post, path: "/tasks/{task}/resolution", resource: "/tasks/{task}",
            body: #"{"action": "close", "by": "ann", "reason": "test"}"#, isKeyed: true, preparation: .paymentTask),
        Case(
            service: "order", method: .post, path: "/tasks/{task}/resolution", resource: "/tasks/{task}",
            body: #"{"action": "dismiss", "by": "ann", "reason": "test"}"#, isKeyed: true, preparation: .orderTask),
        Case(
            service: "delivery", method: .patch, path: "/dead-letters/{letter}", resource: "/dead-letters/{letter}",
            body: #"{"data": {"orderId": "ORD-MENDED"}}"#, preparation: .deadLetter),
        saga("order", "cancellation", "retry", .cancellation), saga("order", "cancellation", "resume", .cancellation),
        saga("order", "cancellation", "compensate", .cancellation), saga("order", "refund", "retry", .refund),
        saga("order", "refund", "resume", .refund), saga("order", "refund", "compensate", .refund),
        saga("cart", "checkout", "retry", .checkout), saga("cart", "checkout", "resume", .checkoutTakenBack),
        saga("cart", "checkout", "compensate", .checkout),
    ]

    private static func saga(
        _ service: String, _ name: String, _ command: String, _ preparation: Errand.Preparation
    ) -> Case {
        Case(
            service: service, method: .post, path: "/sagas/\(name)/{saga}/\(command)",
            resource: "/sagas/\(name)/{saga}", preparation: preparation)
    }

    @Test(arguments: cases) func a_stale_version_changes_nothing(_ command: Case) async throws {
        try await PreparedShop.run(for: command.errand) { shop in
            let (tag, version) = try await shop.version(of: command)
            for stale in ["\"\(version - 1)\"", "\"\(version + 1)\"", "\"x\""] {
                let answer = try await shop.send(command, match: stale)
                #expect(answer.status == 412, "\(command): \(answer.status) \(answer.text)")
            }
            #expect(try await shop.version(of: command).tag == tag)
        }
    }

    @Test(arguments: cases) func the_present_version_is_changed(_ command: Case) async throws {
        try await PreparedShop.run(for: command.errand) { shop in
            let tag = try await shop.version(of: command).tag
            // A refused one has left the key free.
            #expect(try await shop.send(command, match: "\"0\"").status == 412)
            let answer = try await shop.send(command, match: tag)
            #expect(answer.isSuccess, "\(command): \(answer.status) \(answer.text)")
            guard command.isKeyed, answer.status != 202 else { return }
            // The answer to a key is the same, though the version that it names is past.
            let again = try await shop.send(command, match: tag)
            #expect(again.status == answer.status && again.body == answer.body, "\(command): \(again.text)")
        }
    }
}

extension PreparedShop {
    fileprivate func version(
        of command: ConditionalRequestTests.Case
    ) async throws -> (tag: String, number: Int64) {
        let answer = try await services.send(.get, command.service, text(command.resource))
        let tag = try #require(answer.headers["ETag"], "\(command): \(answer.text)")
        return (tag, try #require(Int64(tag.dropFirst().dropLast())))
    }

    fileprivate func send(_ command: ConditionalRequestTests.Case, match: String) async throws -> Response {
        try await services.send(
            command.method, command.service, text(command.path), text(command.body),
            key: command.isKeyed ? "KEY-1" : nil, match: match)
    }
}
