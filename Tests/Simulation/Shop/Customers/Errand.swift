import FoundationEssentials
import HTTP
import ServiceHost

/// Something that a customer asks of the shop, with the same key again and again, until it is answered.
struct Errand: Sendable {
    enum Reply: Sendable {
        /// That is the end of it.
        case answered
        /// Not yet, or not now.
        case again
        /// No client could go on from there.
        case refused
    }
    let path: String
    let key: String
    var body = ""
    let reply: @Sendable (Response) -> Reply

    func ask(_ gateway: ServiceClient) async throws -> Response {
        var headers: Headers = ["Idempotency-Key": key]
        if !body.isEmpty { headers.add("Content-Type", "application/json") }
        return try await gateway.send(.post, path, headers: headers, body: Data(body.utf8), timeout: .seconds(20))
    }
}

extension Errand {
    static func order(of number: Int) -> Errand {
        Errand(
            path: "/orders", key: "order-of-customer-\(number)",
            body: #"{"branchId":1,"sauceId":\#(number),"qty":10,"price":10000,"email":"buyer\#(number)@example.com"}"#
        ) { response in
            switch response.status {
            case 201, 202, 402: .answered
            case 409, 500...: .again
            default: .refused
            }
        }
    }

    static func checkout(of cart: String, _ number: Int) -> Errand {
        Errand(path: "/carts/\(cart)/checkout", key: "checkout-of-customer-\(number)") { response in
            switch (response.status, Self.problemType(response)) {
            case (201, _), (402, _), (409, "/problems/out-of-stock"), (409, "/problems/checkout-cancelled"),
                (422, "/problems/no-address"):
                return .answered
            // The same key would try again; these customers have had enough.
            case (503, "/problems/checkout-timed-out"): return .answered
            case (202, _), (409, _), (500..., _): return .again
            default: return .refused
            }
        }
    }

    static func cancellation(of order: String) -> Errand {
        Errand(path: "/orders/\(order)/cancel", key: "cancellation-of-\(order)") { response in
            switch response.status {
            case 200: .answered
            case 202, 500...: .again
            default: .refused
            }
        }
    }

    private static func problemType(_ response: Response) -> String? {
        struct Body: Decodable {
            let type: String?
        }
        return (try? JSONDecoder().decode(Body.self, from: response.body))?.type
    }
}
