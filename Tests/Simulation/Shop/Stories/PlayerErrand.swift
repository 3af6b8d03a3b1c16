import FoundationEssentials
import HTTP
import Kernel
import ServiceHost

/// A request of a player, and the meaning of its answers.
struct PlayerErrand: Sendable {
    enum Reply: Sendable {
        case answered(Player.Answer)
        /// Not possible in the present state: asked again for as long as the player has patience.
        case notNow(Player.Answer)
        /// Not decided yet, or a failure on the way.
        case again
        /// No client could go on from there.
        case refused
    }
    let key: String
    /// How often it is asked again what was not possible.
    var patience = 2
    let send: @Sendable (Door) async throws -> Response
    let reply: @Sendable (Response) -> Reply
}

extension Player {
    var key: String { "purchase-\(number)" }

    /// Known to the payment service only.
    var reservedOrder: String { "ORD-OUTSIDE-\(number)" }

    func key(_ act: Int) -> String { "\(key)-act-\(act)" }

    var purchase: PlayerErrand {
        switch plot.purchase {
        case .order(let pieces):
            order(#""sauceId":\#(number),"qty":\#(pieces),"price":\#(Story.price)"#)
        case .lines(let count):
            order(
                #""items":["#
                    + (1...count).map { #"{"sauceId":\#($0),"qty":1,"price":\#(Story.price)}"# }.joined(separator: ",")
                    + "]")
        case .cart:
            PlayerErrand(
                key: key,
                send: { [key, cart] in
                    try await $0.client(for: "/carts").ask("/carts/\(cart ?? "")/checkout", key, "")
                },
                reply: { response in
                    let answer = Answer(status: response.status, subject: response.locationName)
                    return switch (response.status, response.problemType) {
                    case (201, _), (402, _), (409, "/problems/out-of-stock"), (409, "/problems/checkout-cancelled"),
                        (422, "/problems/no-address"):
                        .answered(answer)
                    case (503, "/problems/checkout-timed-out"): .answered(answer)
                    case (202, _), (409, _), (500..., _): .again
                    default: .refused
                    }
                })
        case .reservation:
            PlayerErrand(
                key: key,
                send: { [key, order = reservedOrder] in
                    let amount = Story.amount(of: .reservation)
                    return try await $0.client(named: "payment").ask(
                        "/api/payments", key,
                        #"{"orderId":"\#(order)","amount":\#(amount),"currency":"KRW","#
                            + #""capture":"manual"}"#)
                },
                reply: { response in
                    switch response.status {
                    case 201, 202: .answered(.init(status: response.status, subject: response.member("id")))
                    case 409, 500...: .again
                    default: .refused
                    }
                })
        }
    }

    private func order(_ goods: String) -> PlayerErrand {
        PlayerErrand(
            key: key,
            send: { [key, number] in
                try await $0.client(for: "/orders").ask(
                    "/orders", key, #"{"branchId":1,\#(goods),"email":"buyer\#(number)@example.com"}"#)
            },
            reply: { response in
                switch response.status {
                case 201, 202, 402: .answered(.init(status: response.status, subject: response.locationName))
                case 409, 500...: .again
                default: .refused
                }
            })
    }

    func errand(_ index: Int, _ act: Story.Act, about subject: String) -> PlayerErrand {
        switch act.kind {
        case .cancel: about(index, subject, "/orders/\(subject)/cancel", "")
        case .refund(let amount):
            about(index, subject, "/orders/\(subject)/refunds", amount.map { #"{"amount":\#($0)}"# } ?? "{}")
        case .returnGoods: about(index, subject, "/orders/\(subject)/refunds", #"{"returnsStock":true}"#)
        case .capture: about(index, subject, "/api/payments/\(subject)/captures", "")
        case .void: about(index, subject, "/api/payments/\(subject)/voids", "")
        case .refundPayment(let amount):
            about(
                index, subject, "/api/payments/\(subject)/refunds", amount.map { #"{"amount":\#($0)}"# } ?? "{}")
        case .ship: shipment(index, subject, "ship")
        case .deliver: shipment(index, subject, "deliver")
        case .provider(let move): self.move(index, move, about: subject)
        }
    }

    private func about(_ index: Int, _ subject: String, _ path: String, _ body: String) -> PlayerErrand {
        let isPayment = path.hasPrefix("/api")
        return PlayerErrand(
            key: key(index),
            send: { [key = key(index)] door in
                try await (isPayment ? door.client(named: "payment") : door.client(for: path)).ask(path, key, body)
            },
            reply: { response in
                // Payment answers a repetition as it answered the first time; how it went on is to be looked up.
                if isPayment, response.status == 202 { return .answered(.init(status: 202, subject: subject)) }
                return Self.reply(response, about: subject)
            })
    }

    /// The delivery is found by its order first.
    private func shipment(_ index: Int, _ subject: String, _ step: String) -> PlayerErrand {
        PlayerErrand(
            key: key(index),
            send: { [key = key(index)] door in
                let delivery = door.client(named: "delivery")
                let path = "/deliveries/search/findByOrderId?orderId=\(subject)"
                let found = try await delivery.send(.get, path, timeout: .seconds(20))
                guard found.isSuccess else { return found }
                guard let id = found.firstDelivery else { return Response(status: 404) }
                return try await delivery.ask("/deliveries/\(id)/\(step)", key, "")
            },
            reply: { response in
                if response.status == 404 { return .notNow(.init(status: 404, subject: subject)) }
                return Self.reply(response, about: subject)
            })
    }

    private static func reply(_ response: Response, about subject: String) -> PlayerErrand.Reply {
        let effect = response.member("attemptId")
        let answer = Answer(
            status: response.status, subject: subject, effect: effect.isEmpty ? response.member("id") : effect)
        switch response.status {
        case 200, 201: return .answered(answer)
        case 202, 500...: return .again
        case 409: return response.headers["Retry-After"] == nil ? .notNow(answer) : .again
        case 422: return .answered(answer)
        case 404: return .notNow(answer)
        default: return .refused
        }
    }
}

extension ServiceClient {
    fileprivate func ask(_ path: String, _ key: String, _ body: String) async throws -> Response {
        var headers: Headers = ["Idempotency-Key": key]
        if !body.isEmpty { headers.add("Content-Type", "application/json") }
        return try await send(.post, path, headers: headers, body: Data(body.utf8), timeout: .seconds(20))
    }
}

extension Response {
    fileprivate var locationName: String { headers["Location"]?.split(separator: "/").last.map(String.init) ?? "" }

    fileprivate var problemType: String? { (try? JSONDecoder().decode(Members.self, from: body))?.type }

    fileprivate func member(_ name: String) -> String {
        guard let members = try? JSONDecoder().decode(Members.self, from: body) else { return "" }
        return (name == "id" ? members.id : members.attemptId) ?? ""
    }

    fileprivate var firstDelivery: String? {
        (try? JSONDecoder().decode(Page.self, from: body))?._embedded.deliveries.first?.id
    }

    private struct Members: Decodable {
        let type: String?
        let id: String?
        let attemptId: String?
    }

    private struct Page: Decodable {
        struct Embedded: Decodable {
            let deliveries: [Members]
        }
        let _embedded: Embedded
    }
}
