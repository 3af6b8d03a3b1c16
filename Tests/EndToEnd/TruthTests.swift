import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// What a shop says of itself when something that it needs is away.
    @Suite struct TruthTests {
        @Test func a_ready_shop_names_its_dependencies() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try await shop.up()
            let order = try await HTTP.get(shop.url("order", "/readyz"))
            #expect(order.json["status"].string == "ready")
            #expect(order.json["dependencies"].array.map { $0["name"].string } == ["database", "event log"])
            let services = try await shop.run(["services", "--data", shop.data.path(), "--format", "json"])
            #expect(services.status == 0 && services.output.contains("ready"))
        }

        @Test func a_log_that_cannot_be_reached_is_named_within_a_second() async throws {
            // Nobody listens there.
            let port = try FreePorts.find(1)[0]
            let shop = try ShopUnderTest(common: ["events: kafka://127.0.0.1:\(port)"])
            let process = try shop.begin(["up"])
            try await eventually("order answers") { try await HTTP.get(shop.url("order", "/livez")).status == 200 }
            for _ in 0..<3 {
                let began = ContinuousClock.now
                let answer = try await HTTP.get(shop.url("order", "/readyz"))
                #expect(ContinuousClock.now - began < .milliseconds(1500))
                guard answer.json["status"].string != "starting" else { continue }
                #expect(answer.status == 503)
                let away = answer.json["dependencies"].array.first { $0["ready"].bool == false }
                #expect(away?["name"].string == "event log", "\(answer.text)")
                #expect(away?["reason"].string?.isEmpty == false)
            }
            let services = try await shop.run(["services", "--data", shop.data.path()])
            #expect(services.output.contains("not ready") && services.output.contains("event log"))
            // Its lines are counted, not repeated.
            let lines = shop.log.split(separator: "\n").filter { $0.contains("events wait in the outbox") }
            #expect(lines.count < 60, "\(lines.count) lines")
            process.terminate()
            process.waitUntilExit()
        }

        @Test func a_damaged_database_is_named_by_readiness_services_and_answers() async throws {
            let shop = try ShopUnderTest(layout: .together)
            let file = shop.data.appending(path: "order.db")
            let first = try await shop.up()
            for _ in 0..<40 { _ = try await shop.place() }
            #expect(first.end() == 0)
            // All pages but the first two, which hold the schema's beginning.
            let handle = try FileHandle(forUpdating: file)
            let size = try handle.seekToEnd()
            try handle.seek(toOffset: 8192)
            try handle.write(contentsOf: Data(repeating: 0x5A, count: Int(size) - 8192))
            try handle.close()

            let process = try shop.begin(["up"])
            try await eventually("order says what is wrong") {
                guard process.isRunning else { return true }
                _ = try? await HTTP.get(shop.url("order", "/orders"))
                return try await HTTP.get(shop.url("order", "/readyz")).text.contains("damaged")
            }
            if process.isRunning {
                let list = try await HTTP.get(shop.url("order", "/orders"))
                #expect(list.status == 503)
                #expect(list.json["dependency"].string == "database", "\(list.text)")
                #expect(list.text.contains("damaged"))
                let services = try await shop.run(["services", "--data", shop.data.path()])
                #expect(services.output.contains("damaged"))
                process.terminate()
                process.waitUntilExit()
            } else {
                // Found at the start: the process says so and does not run on what is left.
                #expect(shop.log.contains("damaged"))
            }
        }
    }
}
