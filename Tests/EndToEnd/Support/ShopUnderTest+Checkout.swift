import Foundation

/// Who leads a checkout, as the configuration says it.
enum Style: String, CaseIterable, Sendable {
    case orchestrated, choreographed
}

extension ShopUnderTest {
    /// A shop whose checkouts are led that way, with short waits.
    convenience init(_ style: Style, _ sections: [String: [String]] = [:], layout: Layout? = nil) throws {
        var sections = sections
        sections["cart", default: ["wait: 10s"]] += ["checkout: \(style.rawValue)"]
        sections["payment", default: []] += [
            "providerTimeout: 1s", "retryDelay: 300ms", "resolveInterval: 200ms", "confirmationTimeout: 2s",
        ]
        try self.init(sections, layout: layout)
    }

    /// A product with so many pieces at branch 1.
    func stock(_ sauceId: Int = 1, pieces: Int, price: Int = 5000) async throws {
        try await make("PUT", "product", "/products/\(sauceId)", #"{"name": "Sambal \#(sauceId)", "price": \#(price)}"#)
        try await make(
            "POST", "product", "/stocks/adjustments",
            #"{"branchId": 1, "sauceId": \#(sauceId), "change": \#(pieces), "reason": "delivery of goods"}"#)
    }

    func customer(_ number: Int = 1, hasAddress: Bool = true, language: String = "en") async throws -> String {
        let made = try await make(
            "POST", "customer", "/customers",
            #"{"name": "Buyer \#(number)", "email": "buyer\#(number)@example.com", "language": "\#(language)"}"#)
        let id = made.json["id"].string ?? ""
        if hasAddress { try await address(of: id) }
        return id
    }

    func address(of customer: String) async throws {
        try await make(
            "POST", "customer", "/customers/\(customer)/addresses",
            #"{"street": "Jalan Sabang 1", "city": "Jakarta", "country": "ID"}"#)
    }

    func cart(of customer: String, _ items: [(sauceId: Int, qty: Int)] = [(1, 2)]) async throws -> String {
        let lines = items.map { #"{"sauceId": \#($0.sauceId), "qty": \#($0.qty)}"# }.joined(separator: ", ")
        let made = try await make(
            "POST", "cart", "/carts", #"{"customerId": "\#(customer)", "branchId": 1, "items": [\#(lines)]}"#)
        return made.json["id"].string ?? ""
    }

    func checkOut(_ cart: String, key: String? = nil, prefer: String? = nil) async throws -> HTTP.Answer {
        var headers: [String: String] = [:]
        headers["Idempotency-Key"] = key
        headers["Prefer"] = prefer
        return try await HTTP.post(url("cart", "/carts/\(cart)/checkout"), "", headers: headers)
    }

    /// What is on hand and what of it is reserved.
    func pieces(_ sauceId: Int = 1) async throws -> [Int] {
        let stock = try await HTTP.get(url("product", "/stocks/1-\(sauceId)")).json
        return [stock["onHand"].int ?? -1, stock["reserved"].int ?? -1]
    }

    func cartStatus(_ id: String) async throws -> String? {
        try await HTTP.get(url("cart", "/carts/\(id)")).json["status"].string
    }

    /// The checkout that a cart was last in.
    func checkout(ofCart id: String) async throws -> JSONValue {
        try await HTTP.get(url("cart", "/checkouts/search/findByCartId?cartId=\(id)&sort=startedAt,desc"))
            .json["_embedded"]["checkouts"][0]
    }

    /// What the provider took and did not give back.
    func moneyKept() async throws -> Int {
        try await all("payment", "/payments", "payments").reduce(0) {
            $0 + ($1["capturedAmount"].int ?? 0) - ($1["refundedAmount"].int ?? 0)
        }
    }

    @discardableResult
    private func make(_ method: String, _ service: String, _ path: String, _ json: String) async throws -> HTTP.Answer {
        let answer = try await HTTP.send(method, url(service, path), body: Data(json.utf8))
        guard (200..<300).contains(answer.status) else {
            throw Unexpected("\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer
    }
}
