import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// `sambal loadtest` against a shop: its figures, its sums, and how it ends where they do not agree.
    @Suite struct LoadTestTests {
        private static func words(_ shop: ShopUnderTest, _ more: String...) -> [String] {
            let urls = ["gateway", "psp", "payment"].flatMap { ["--" + $0, "http://127.0.0.1:\(shop.ports[$0]!)"] }
            return ["loadtest", "--data", shop.data.path()] + urls + more
        }

        @Test func all_kinds_of_requests_are_sent_and_everything_adds_up() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try await shop.up()
            let places = ["product", "customer"].flatMap { ["--" + $0, "http://127.0.0.1:\(shop.ports[$0]!)"] }
            #expect(try await shop.run(["seed"] + places).status == 0)
            let file = shop.data.appending(path: "load.json")
            let result = try await shop.run(
                Self.words(
                    shop, "--users", "4", "--duration", "3s", "--mix",
                    "order=6,read=2,list=1,repeat=2,cancel=1,refund=1,checkout=1", "--json", file.path(), "--html",
                    shop.data.appending(path: "load.html").path(), "--thresholds", "rate>1"))
            #expect(result.status == 0, "\(result.output)")
            let report = JSONValue(try Data(contentsOf: file))
            #expect(report["shop"]["answered"].int ?? 0 > 0)
            #expect(report["shop"]["captures"].int ?? 0 > 0)
            for kind in ["order", "read", "list", "repeat", "checkout"] {
                #expect(report["byAction"][kind]["successes"].int ?? 0 > 0, "\(kind): \(result.output)")
            }
            #expect(report["usage"]["memory"].int ?? 0 > 0)
            #expect(result.output.contains("Availability:") && result.output.contains("It adds up"))
            // What the first run left behind is not the second one's.
            let second = try await shop.run(Self.words(shop, "--users", "2", "--duration", "1s"))
            #expect(second.status == 0, "\(second.output)")
            let page = try String(contentsOf: shop.data.appending(path: "load.html"), encoding: .utf8)
            #expect(page.contains("<polyline"))
        }

        @Test func the_open_model_sends_what_is_due_and_a_missed_threshold_has_a_status_of_its_own() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try await shop.up()
            let file = shop.data.appending(path: "load.json")
            let result = try await shop.run(
                Self.words(
                    shop, "--rate", "20", "--duration", "2s", "--json", file.path(), "--thresholds", "rate>100000"))
            #expect(result.status == 4, "\(result.output)")
            let report = JSONValue(try Data(contentsOf: file))
            #expect((39...40).contains(report["all"]["sent"].int ?? 0), "\(result.output)")
        }

        @Test func a_charge_behind_the_shop_s_back_is_named() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try await shop.up()
            let running = Task { [words = Self.words(shop, "--users", "1", "--duration", "3s")] in
                try await shop.run(words)
            }
            try await eventually("an order is there") { try await !shop.orders().isEmpty }
            let order = try #require(try await shop.orders().first?["id"].string)
            let charged = try await HTTP.post(
                shop.url("psp", "/charges"), #"{"orderId":"\#(order)","amount":100,"currency":"KRW"}"#,
                headers: ["Idempotency-Key": "behind"])
            #expect(charged.status < 300, "\(charged.text)")
            let result = try await running.value
            #expect(result.status == 1, "\(result.output)")
            #expect(result.output.contains("charged more than once: \(order)"), "\(result.output)")
        }
    }
}
