import Foundation
import PlatformTestSupport
import Testing

extension FaultCell {
    /// Waits for the end of everything: the order, the mails, and the callbacks that are still to come.
    func settle(_ orderId: String, _ shop: ShopUnderTest, callbacksBefore: Int) async throws {
        try await eventually("\(self): \(orderId) is at its end") {
            let (order, payment) = (try await shop.order(orderId), try await shop.payment(of: orderId))
            let isOpen = payment["attempts"].array.contains {
                !["SUCCEEDED", "REFUSED", "REVERSED"].contains($0["state"].string ?? "")
            }
            return order["status"].string == expected.order && !isOpen
        }
        try await eventually("\(self): \(expected.mails) mails") {
            try shop.mails(about: orderId).count == expected.mails
        }
        try await eventually("\(self): what went back") { try await refunds(of: orderId, shop) == expected.refunds }
        if let counted = fault.counted, restart != .shop {
            let left = try await HTTP.get(shop.url("psp", "/admin/faults")).json[counted].string
            #expect(left == "0 times", "\(self): the fault did not happen")
        }
        guard restart == .none else { return }
        if fault == .badSignature {
            let forged = try await shop.metric("payment", #"sambal_payment_callbacks_total{outcome="forged"}"#)
            #expect(try #require(forged) >= 2, "\(self): the forged one and the stale one")
        }
        try await eventually("\(self): every callback came") {
            try await taken(shop).callbacks >= callbacksBefore + fault.callbacks(on: path)
        }
    }

    /// The amounts that the provider gave back, and that arrived.
    private func refunds(of orderId: String, _ shop: ShopUnderTest) async throws -> [Int] {
        try await shop.charges().filter {
            $0["orderId"].string == orderId && $0["status"].string == "refunded" && $0["reversal"].string == nil
        }.compactMap { $0["amount"].int }
    }

    /// What payment has counted so far.
    func taken(_ shop: ShopUnderTest) async throws -> (payments: Int, callbacks: Int) {
        let payments = try await HTTP.get(shop.url("payment", "/payments?size=1")).json["page"]["totalElements"].int
        var callbacks = 0.0
        for outcome in ["applied", "duplicate", "unmatched"] {
            let line = #"sambal_payment_callbacks_total{outcome="\#(outcome)"}"#
            callbacks += try await shop.metric("payment", line) ?? 0
        }
        return (payments ?? 0, Int(callbacks))
    }

    func outcome(of orderId: String, _ shop: ShopUnderTest) async throws -> Outcome {
        let lines = try await shop.charges().filter { $0["orderId"].string == orderId }
        let sums = try await HTTP.get(shop.url("payment", "/api/ledger/trial-balance")).json["sums"].any
        let reconciliation = try await shop.run(["reconcile", "--payment", shop.url("payment", "").absoluteString])
        #expect(reconciliation.status == 0, "\(self): \(reconciliation.output)")
        return Outcome(
            order: try await shop.order(orderId)["status"].string ?? "gone",
            captures: lines.count { $0["status"].string == "captured" },
            refunds: try await refunds(of: orderId, shop),
            mails: try shop.mails(about: orderId).count,
            isBalanced: (sums as? [String: Int])?.values.allSatisfy { $0 == 0 } ?? false,
            agrees: reconciliation.status == 0)
    }
}
