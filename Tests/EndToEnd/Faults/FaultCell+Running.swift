import Foundation
import Testing

extension FaultCell {
    /// Runs the case on a shop that runs, and tells what it came to.
    func run(on faulted: FaultedShop) async throws -> Outcome {
        let shop = faulted.shop
        let before = try await taken(shop)
        let orderId: String
        switch path {
        case .order:
            try await begin(shop)
            orderId = try await disturbed(
                faulted, isOnRecord: { try await shop.hasPayments(moreThan: before.payments) },
                work: { try await place(shop) })
            #expect(try await place(shop) == orderId, "\(self): the key again")
        case .lateCapture:
            try await begin(shop)
            orderId = try await place(shop)
            let work: @Sendable () async throws -> Void = { try await cancel(orderId, shop) }
            try await disturbed(
                faulted,
                isOnRecord: { try await shop.payment(of: orderId)["cancellationRequestedAt"].string != nil },
                work: work)
            try await work()
        case .providerRefund:
            orderId = try await place(shop)
            try await eventually("\(self): \(orderId) is paid") {
                try await shop.order(orderId)["status"].string == "PAID"
            }
            let charge = try await shop.charges().first { $0["orderId"].string == orderId }
            let path = "/admin/charges/\(try #require(charge?["id"].string))/refund"
            try await disturbed(
                faulted, isOnRecord: { try await shop.hasRefund(of: orderId) },
                work: { _ = try await HTTP.post(shop.url("psp", path), #"{"amount": \#(Self.refundAmount)}"#) })
        case .failedRefund:
            orderId = try await place(shop)
            try await eventually("\(self): \(orderId) is paid") {
                try await shop.order(orderId)["status"].string == "PAID"
            }
            try await refund(try #require(try await shop.payment(of: orderId)["id"].string), shop)
            try await eventually("\(self): \(orderId) is refunded") {
                try await shop.order(orderId)["status"].string == "PARTIALLY_REFUNDED"
            }
            let refund = try await shop.charges().first {
                $0["orderId"].string == orderId && $0["status"].string == "refunded"
            }
            let path = "/admin/refunds/\(try #require(refund?["id"].string))/fail"
            try await disturbed(
                faulted, isOnRecord: { try await shop.hasReversal(of: orderId) },
                work: { _ = try await HTTP.post(shop.url("psp", path), "{}") })
        case .refund, .cancel:
            if fault.beginsWithTheOrder { try await begin(shop) }
            orderId = try await place(shop)
            try await eventually("\(self): \(orderId) is paid") {
                try await shop.order(orderId)["status"].string == "PAID"
            }
            if !fault.beginsWithTheOrder { try await begin(shop) }
            let paymentId = try #require(try await shop.payment(of: orderId)["id"].string)
            let work: @Sendable () async throws -> Void = {
                if path == .cancel { try await cancel(orderId, shop) } else { try await refund(paymentId, shop) }
            }
            try await disturbed(faulted, isOnRecord: { try await shop.hasRefund(of: orderId) }, work: work)
            try await work()
        }
        try await settle(orderId, shop, callbacksBefore: before.callbacks)
        _ = try await HTTP.send("DELETE", shop.url("psp", "/admin/faults"))
        return try await outcome(of: orderId, shop)
    }

    private func begin(_ shop: ShopUnderTest) async throws {
        if let settings = fault.settings(on: path) { try await shop.setFaults(settings) }
    }

    /// Does the work, and kills what the case wants killed: payment in the middle of it, the shop after it.
    @discardableResult
    private func disturbed<Result: Sendable>(
        _ faulted: FaultedShop, isOnRecord: @escaping @Sendable () async throws -> Bool,
        work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        switch restart {
        case .none: return try await work()
        case .shop:
            let result = try await work()
            faulted.killAll()
            try await faulted.start()
            return result
        case .payment:
            async let working = work()
            try await eventually("\(self): payment has it on record") { try await isOnRecord() }
            faulted.killPayment()
            try await faulted.startPayment()
            return try await working
        }
    }

    /// Repeats with the key until there is an order; gives its id.
    private func place(_ shop: ShopUnderTest) async throws -> String {
        let answer = try await decided { try await shop.place(key: "MATRIX-\(key)") }
        #expect([201, 202, 402].contains(answer.status), "\(self): \(answer.status) \(answer.text)")
        let location = answer.headers["location"]?.split(separator: "/").last.map(String.init)
        return try #require(answer.json["id"].string ?? location)
    }

    private func refund(_ paymentId: String, _ shop: ShopUnderTest) async throws {
        let answer = try await decided {
            try await HTTP.post(
                shop.url("payment", "/api/payments/\(paymentId)/refunds"), #"{"amount": \#(Self.refundAmount)}"#,
                headers: ["Idempotency-Key": "REFUND-\(key)"])
        }
        #expect([201, 202, 422].contains(answer.status), "\(self): \(answer.status) \(answer.text)")
    }

    private func cancel(_ orderId: String, _ shop: ShopUnderTest) async throws {
        let answer = try await decided { try await HTTP.post(shop.url("order", "/orders/\(orderId)/cancel"), "") }
        #expect([200, 202].contains(answer.status), "\(self): \(answer.status) \(answer.text)")
    }

    /// As a client does it: no answer, "under way" and "not now" are asked again, with the same key.
    private func decided(_ send: @escaping @Sendable () async throws -> HTTP.Answer) async throws -> HTTP.Answer {
        var last: HTTP.Answer?
        try await eventually("\(self): a decided answer") {
            let answer = try await send()
            last = answer
            guard [409, 503].contains(answer.status) else { return true }
            #expect(answer.headers["retry-after"] != nil, "\(self): \(answer.text)")
            return false
        }
        return try #require(last)
    }

    private var key: String { "\(fault)-\(path)-\(restart)" }
}

extension ShopUnderTest {
    func hasPayments(moreThan count: Int) async throws -> Bool {
        try await HTTP.get(url("payment", "/payments?size=1")).json["page"]["totalElements"].int ?? 0 > count
    }

    func hasRefund(of orderId: String) async throws -> Bool {
        try await payment(of: orderId)["attempts"].array.contains { $0["action"].string == "refund" }
    }

    func hasReversal(of orderId: String) async throws -> Bool {
        try await payment(of: orderId)["attempts"].array.contains { $0["state"].string == "REVERSED" }
    }
}
