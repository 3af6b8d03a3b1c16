import Foundation

extension ShopUnderTest {
    static let briefOrder = #"{"branchId": "1", "sauceId": "1", "qty": "10", "price": "10000"}"#

    func place(_ json: String = briefOrder, key: String? = nil, through service: String = "order") async throws
        -> HTTP.Answer
    {
        try await HTTP.post(url(service, "/orders"), json, headers: key.map { ["Idempotency-Key": $0] } ?? [:])
    }

    /// Every item of a HAL collection, page after page.
    func all(_ service: String, _ path: String, _ name: String) async throws -> [JSONValue] {
        var (items, number) = ([JSONValue](), 0)
        while true {
            let query = (path.contains("?") ? "&" : "?") + "page=\(number)&size=1000"
            let page = try await HTTP.get(url(service, path + query)).json
            items += page["_embedded"][name].array
            number += 1
            guard number < page["page"]["totalPages"].int ?? 0 else { return items }
        }
    }

    func orders() async throws -> [JSONValue] { try await all("order", "/orders", "orders") }

    func charges() async throws -> [JSONValue] { try await all("psp", "/statement", "charges") }

    func charges(of orderId: String) async throws -> Int {
        try await charges().count { $0["orderId"].string == orderId && $0["status"].string == "captured" }
    }

    func dashboard(_ orderId: String) async throws -> JSONValue {
        try await HTTP.get(url("dashboard", "/orderDashboards/\(orderId)")).json
    }

    /// Paid, delivery started, and the seller told.
    func isAtItsEnd(_ orderId: String) async throws -> Bool {
        let row = try await dashboard(orderId)
        return row["status"].string == "PAID" && row["deliveryId"].isPresent && (row["messagesSent"].int ?? 0) >= 1
    }

    /// The mails about an order in the outbox folder.
    func mails(about orderId: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: data.appending(path: "outbox").path())
            .filter { $0.contains(orderId) && $0.hasSuffix(".eml") }
    }

    func setFaults(_ json: String) async throws {
        let answer = try await HTTP.send("PATCH", url("psp", "/admin/faults"), body: Data(json.utf8))
        guard answer.status == 200 else { throw Unexpected("faults: \(answer.text)") }
    }
}
