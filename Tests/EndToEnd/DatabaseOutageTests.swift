import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// Databases that are cut off, or killed, while orders are placed.
    @Suite struct DatabaseOutageTests {
        @Test(arguments: ServerUnderTest.kinds) func callers_are_told_to_come_again_and_each_order_is_charged_once(
            kind: String
        ) async throws {
            let server = ServerUnderTest(kind)
            try await server.run { try await place(on: server, at: $0) }
        }

        private func place(on server: ServerUnderTest, at url: String) async throws {
            guard let port = URLComponents(string: url)?.port else { throw Unexpected("\(url) has no port") }
            let proxy = try TCPProxy(to: port)
            defer { proxy.close() }
            let far = url.replacing(":\(port)", with: ":\(proxy.port)")
                .replacing("replicaSet=rs0", with: "directConnection=true")
            let mark = far.contains("?") ? "&" : "?"
            // Breakers open as in production and look again sooner; a key is free again sooner after a call that was lost.
            let breaker = "breaker: {openDuration: 500ms}"
            let shop = try ShopUnderTest([
                "order": [
                    "settleAfter: 1s", "settleInterval: 200ms", "paymentTimeout: 1s", breaker,
                    "database: \(far)\(mark)schema=order",
                ],
                "payment": [
                    "providerTimeout: 1s", "retryDelay: 500ms", "resolveInterval: 200ms", "confirmationTimeout: 2s",
                    breaker, "database: \(far)\(mark)schema=payment",
                ],
            ])
            try await shop.up()
            let placed = Placed()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<4 {
                    group.addTask { try await order(shop, client, placed) }
                }
                group.addTask { try await disturb(server, proxy, placed) }
                try await group.waitForAll()
            }
            #expect(await placed.refusals > 0)
            let ids = await placed.ids
            #expect(Set(ids.values).count == ids.count)
            for id in ids.values {
                try await eventually("\(id) is at its end", within: .seconds(60)) { try await shop.isAtItsEnd(id) }
            }
            let charged = Dictionary(grouping: try await shop.charges()) { $0["orderId"].string ?? "" }
            #expect(Set(charged.keys) == Set(ids.values))
            #expect(charged.values.allSatisfy { $0.count == 1 })
        }

        /// Places orders until the disturbances are over, each with its key until it is taken.
        private func order(_ shop: ShopUnderTest, _ client: Int, _ placed: Placed) async throws {
            var number = 0
            while await !placed.isOver {
                number += 1
                let key = "OUTAGE-\(client)-\(number)"
                try await eventually("\(key) is taken", within: .seconds(60)) {
                    let answer = try await shop.place(key: key)
                    if [201, 202].contains(answer.status), let id = answer.json["id"].string {
                        await placed.add(id, key)
                        return true
                    }
                    // A request with the key may still be on its way: 409 says so. Where something was stored before the
                    // database went away, or may have been, nobody is told that nothing was done.
                    let isUnknown = answer.json["type"].string == "/problems/outcome-unknown"
                    #expect(isUnknown ? answer.status == 500 : [503, 409].contains(answer.status), "\(answer.text)")
                    #expect(answer.headers["content-type"] == "application/problem+json")
                    let wait = Int(answer.headers["retry-after"] ?? "")
                    #expect(isUnknown ? wait == nil : answer.status == 409 || wait != nil)
                    await placed.refuse()
                    return false
                }
            }
        }

        private func disturb(_ server: ServerUnderTest, _ proxy: TCPProxy, _ placed: Placed) async throws {
            for round in 1...2 {
                try await placed.more(5)
                proxy.cut()
                try await placed.more(5)
                if round == 2 {
                    try server.killNow()
                    try await placed.refused()
                    try await server.start()
                } else {
                    proxy.set(.closed)
                    proxy.cut()
                    try await placed.refused()
                    proxy.set(.open)
                }
            }
            try await placed.more(10)
            await placed.end()
        }
    }
}

/// What became of the keys.
private actor Placed {
    private(set) var ids: [String: String] = [:]
    private(set) var refusals = 0
    private(set) var isOver = false

    func add(_ id: String, _ key: String) { ids[key] = id }
    func refuse() { refusals += 1 }
    func end() { isOver = true }

    /// Waits for so many orders more.
    func more(_ count: Int) async throws {
        let goal = ids.count + count
        try await eventually("\(goal) orders are placed", within: .seconds(60)) { ids.count >= goal }
    }

    /// Waits for one that is refused.
    func refused() async throws {
        let before = refusals
        try await eventually("an order is refused", within: .seconds(60)) { refusals > before }
    }
}
