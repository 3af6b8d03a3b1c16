import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// The audit log of a shop as real processes: read by the command line, and attacked in its files.
    @Suite struct AuditTests {
        private static let gateway = [
            "access: {apiKeys: true}", "routes:",
            #"  - {id: orders, uri: order, predicates: ["Path=/orders/**"], filters: ["RequireRole=operator"]}"#,
        ]

        private func audit(_ shop: ShopUnderTest, _ words: String...) async throws -> CommandResult {
            try await shop.run(
                ["audit"] + words + ["--data", shop.data.path(), "--config", shop.configuration.path()])
        }

        @Test func an_operator_refunds_by_an_API_key_and_the_audit_log_names_the_key() async throws {
            let shop = try ShopUnderTest(["gateway": Self.gateway], layout: .together)
            let made = try await shop.run([
                "apikey", "create", "night-desk", "--roles", "operator", "--format", "json", "--data", shop.data.path(),
            ])
            let key = try #require(JSONValue(Data(made.output.utf8))[0]["key"].string, "\(made.output)")
            let running = try await shop.up()
            try await shop.stock(pieces: 10)
            let answer = try await shop.checkOut(try await shop.cart(of: try await shop.customer()))
            let id = try #require(answer.json["id"].string, "\(answer.text)")
            try await eventually("the order is paid") { try await shop.order(id)["status"].string == "PAID" }
            let refund = try await HTTP.post(
                shop.url("gateway", "/orders/\(id)/refunds"), #"{"amount":1000,"reason":"one bottle was broken"}"#,
                headers: ["X-API-Key": key, "Idempotency-Key": "refund-1"])
            #expect([201, 202].contains(refund.status), "\(refund.text)")

            let listed = try await audit(shop, "list", "--about", id)
            #expect(listed.status == 0 && listed.output.contains("order.refund"), "\(listed.output)")
            #expect(listed.output.contains("night-desk") && listed.output.contains("one bottle was broken"))
            let rows = try await audit(shop, "list", "--who", "night-desk", "--service", "order", "--format", "json")
            let record = JSONValue(Data(rows.output.utf8))[0]["record"]
            #expect(record["issuer"].string == "sambal-api-keys" && record["roles"][0].string == "operator")
            #expect(record["operation"].string == "order.refund" && record["request"].string?.isEmpty == false)
            #expect(record["trace"].string?.utf8.count == 32)
            #expect(!rows.output.contains(key) && !shop.log.contains(key))
            // The gateway leads to no audit log.
            #expect(try await HTTP.get(shop.url("gateway", "/audit")).status == 404)
            let keys = try await audit(shop, "list", "--service", "apikeys")
            #expect(keys.output.contains("apikey.create") && keys.output.contains("night-desk"), "\(keys.output)")

            let whole = try await audit(shop, "verify")
            #expect(whole.status == 0 && whole.output.contains("order: 1 record, whole"), "\(whole.output)")
            let head = try #require(whole.output.firstMatch(of: /order: .* (1:[0-9a-f]{64})/)?.1)
            #expect(shop.log.contains(String(head.dropFirst(2))), "the log has the hash of the record")
            let expected = try await audit(shop, "verify", "--service", "order", "--expect", String(head))
            #expect(expected.status == 0)
            #expect(running.end() == 0)
            #expect(try await audit(shop, "verify", "--offline").status == 0)
            try await attack(shop, id)
        }

        /// One byte of a stored record, and then the end of the chain with its head, in the file itself.
        private func attack(_ shop: ShopUnderTest, _ id: String) async throws {
            // Another profile has the order's data on a server.
            let file = shop.data.appending(path: "order.db")
            guard FileManager.default.fileExists(atPath: file.path()) else { return }
            let sound = try Data(contentsOf: file)
            var bytes = sound
            let word = try #require(bytes.range(of: Data("order.refund".utf8)), "the record is in the file")
            bytes[word.lowerBound] ^= 0x01
            try bytes.write(to: file)
            let altered = try await audit(shop, "verify", "--offline")
            #expect(altered.status == 1, "\(altered.output)")
            #expect(altered.output.contains("record 1 of order was altered"), "\(altered.output)")
            try sound.write(to: file)
            #expect(try await audit(shop, "verify", "--offline").status == 0)
        }

        @Test func killed_while_operators_work_it_has_every_change_and_no_other() async throws {
            let shop = try ShopUnderTest(layout: .together)
            var running = try await shop.up()
            try await shop.stock(pieces: 1)
            for round in 1...3 {
                let work = Task { [running] in
                    await withTaskGroup(of: Void.self) { group in
                        for index in 0..<8 {
                            group.addTask {
                                for number in 0..<200 where running.processes.allSatisfy(\.isRunning) {
                                    let body =
                                        #"{"branchId":1,"sauceId":1,"change":1,"reason":"r\#(round)-\#(index)-\#(number)"}"#
                                    _ = try? await HTTP.post(shop.url("product", "/stocks/adjustments"), body)
                                }
                            }
                        }
                    }
                }
                try await eventually("some are stored") {
                    try await HTTP.get(shop.url("product", "/stocks/adjustments?size=1")).json["page"]["totalElements"]
                        .int ?? 0 >= round * 20
                }
                running.killNow()
                await work.value
                running = try await shop.up()
            }
            let stored = try await HTTP.get(shop.url("product", "/stocks/adjustments?size=1"))
            let count = try #require(stored.json["page"]["totalElements"].int)
            // The product itself is one more.
            let result = try await audit(shop, "verify", "--service", "product")
            #expect(
                result.status == 0 && result.output.contains("product: \(count + 1) records, whole"), "\(result.output)"
            )
        }
    }
}
