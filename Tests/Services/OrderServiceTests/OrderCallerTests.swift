import FoundationEssentials
import HTTP
import OrderService
import ServiceTestSupport
import Synchronization
import Testing

/// For whom an order is placed: the scope of its key, and who asks payment.
@Suite struct OrderCallerTests {
    private static func headers(_ subject: String?, issuer: String = "till", key: String = "K-1") -> Headers {
        var headers: Headers = ["Content-Type": "application/json", "Idempotency-Key": key]
        if let subject { Caller(subject: subject, issuer: issuer, roles: ["customer"]).write(to: &headers) }
        return headers
    }

    private struct Placed: Decodable {
        let id: String
    }

    private static let order = #"{"branchId":1,"sauceId":1,"qty":1,"price":10}"#

    @Test func two_callers_with_one_key_do_not_meet() async throws {
        try await ServiceUnderTest.run(OrderService.self, "payment: off") { (service) async throws in
            var ids: Set<String> = []
            for (subject, issuer) in [("anna", "till"), ("budi", "till"), ("anna", "other"), (nil, "")] {
                let first = try await service.send(
                    .post, "/orders", Self.order, Self.headers(subject, issuer: issuer))
                #expect(first.status < 300, "\(first.text)")
                let again = try await service.send(
                    .post, "/orders", Self.order, Self.headers(subject, issuer: issuer))
                let (made, found) = (try first.json(Placed.self), try again.json(Placed.self))
                #expect(made.id == found.id)
                ids.insert(made.id)
            }
            #expect(ids.count == 4)
        }
    }

    /// A job asks later again, without a caller: its key must name the same payment.
    @Test func payment_is_requested_by_the_service_itself() async throws {
        try await ServiceUnderTest.run(OrderService.self) { (service) async throws in
            let heard = Mutex<[String?]>([])
            service.transport.register("payment") { request in
                let caller = request.headers["Sambal-Caller"]
                heard.withLock { $0.append(caller) }
                return Response(status: 503)
            }
            _ = try await service.send(.post, "/orders", Self.order, Self.headers("anna"))
            #expect(heard.withLock { $0 == [nil] })
        }
    }
}
