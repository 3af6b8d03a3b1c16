import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// `sambal doctor` on shops that are well, and on shops that are not.
    @Suite struct DoctorTests {
        @Test func a_shop_that_is_well_needs_nobody_running_or_stopped() async throws {
            let shop = try ShopUnderTest(layout: .together)
            _ = try await shop.withOrders(3) { _ async throws in
                try await eventually("the outboxes are empty and positions stored") {
                    let running = try await shop.examine()
                    return running.status == 0
                }
                let findings = try await shop.examine().findings
                #expect(findings.contains { $0.subject == "order" && $0.text.contains("ready at") })
            }
            let (status, findings) = try await shop.examine()
            #expect(status == 0, "\(findings)")
            for check in ["identity", "integrity", "outbox", "ledger", "position", "dead letters"] {
                #expect(findings.contains { $0.check == check && $0.state == "ok" }, "\(check)")
            }
            #expect(findings.contains { $0.text.contains("no process runs") })
        }

        @Test func what_is_lost_or_damaged_is_said_with_what_to_do() async throws {
            let shop = try ShopUnderTest(layout: .together)
            try #require(Profile.name == nil, "the test breaks files")
            _ = try await shop.withOrders(3) { $0 }
            try shop.remove("cart.db")
            try shop.remove("events.db")
            let file = try FileHandle(forUpdating: shop.data.appending(path: "payment.db"))
            let size = try file.seekToEnd()
            for page in stride(from: UInt64(8192), to: size, by: 4096) {
                try file.seek(toOffset: page + 100)
                try file.write(contentsOf: Data(repeating: 0xA5, count: 2000))
            }
            try file.close()
            let (status, findings) = try await shop.examine()
            #expect(status == 1)
            for (subject, anchor) in [
                ("cart", "store-refused"), ("events", "event-log-refused"), ("payment", "database-damaged"),
            ] {
                #expect(
                    findings.contains {
                        $0.subject == subject && $0.state == "FAULT" && $0.advice.contains("docs/runbook.md#\(anchor)")
                    }, "\(subject): \(findings)")
            }
            // Looking has made nothing.
            #expect(!FileManager.default.fileExists(atPath: shop.data.appending(path: "cart.db").path()))
            #expect(!FileManager.default.fileExists(atPath: shop.data.appending(path: "events.db").path()))
        }
    }
}

extension ShopUnderTest {
    fileprivate struct Line: Sendable {
        let subject: String
        let check: String
        let state: String
        let text: String
        let advice: String
    }

    fileprivate func examine() async throws -> (status: Int32, findings: [Line]) {
        let result = try await run(["doctor", "--format", "json"] + here)
        let lines = JSONValue(Data(result.output.utf8)).array.map { line in
            Line(
                subject: line["subject"].string ?? "", check: line["check"].string ?? "",
                state: line["state"].string ?? "", text: line["finding"].string ?? "",
                advice: line["advice"].string ?? "")
        }
        guard !lines.isEmpty else { throw Unexpected("doctor said: \(result.output)") }
        return (result.status, lines)
    }
}
