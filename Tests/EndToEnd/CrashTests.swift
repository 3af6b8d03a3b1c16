import Foundation
import Testing

extension EndToEnd {
    /// `kill -9` in the middle of the work.
    @Suite struct CrashTests {
        @Test func after_a_kill_every_accepted_order_is_there_and_ends_with_one_charge() async throws {
            let shop = try ShopUnderTest([
                "order": ["settleAfter: 1s", "settleInterval: 200ms"],
                "payment": [
                    "providerTimeout: 1s", "retryDelay: 500ms", "resolveInterval: 200ms", "confirmationTimeout: 2s",
                ],
            ])
            let process = try await shop.up()
            let accepted = Accepted()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<8 {
                    group.addTask {
                        for number in 0..<1000 {
                            guard let answer = try? await shop.place(key: "CRASH-\(client)-\(number)") else { return }
                            if [201, 202].contains(answer.status), let id = answer.json["id"].string {
                                await accepted.add(id)
                            }
                        }
                    }
                }
                group.addTask {
                    try await eventually("enough orders are on their way") { await accepted.ids.count >= 100 }
                    process.killNow()
                }
                try await group.waitForAll()
            }
            let ids = await accepted.ids
            #expect(ids.count >= 100)

            try await shop.up()
            for id in ids {
                try await eventually("\(id) is at its end", within: .seconds(60)) { try await shop.isAtItsEnd(id) }
            }
            try await eventually("no order is left in between", within: .seconds(60)) {
                try await shop.orders().allSatisfy { $0["status"].string == "PAID" }
            }
            let charged = Dictionary(grouping: try await shop.charges()) { $0["orderId"].string ?? "" }
            for id in ids { #expect(charged[id]?.count == 1, "charges of \(id)") }
            // Those whose answer nobody heard are settled too: none is charged twice, none is left in between.
            #expect(charged.values.allSatisfy { $0.count == 1 })
            let orders = Set(try await shop.orders().compactMap { $0["id"].string })
            #expect(orders.symmetricDifference(charged.keys).isEmpty, "orders and the provider's statement agree")
        }
    }
}

private actor Accepted {
    private(set) var ids: [String] = []
    func add(_ id: String) { ids.append(id) }
}
