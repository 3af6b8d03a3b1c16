import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    /// The program among others in a shell.
    @Suite struct PipeTests {
        @Test func a_tail_ends_with_its_reader_though_no_more_events_come() async throws {
            let shop = try ShopUnderTest(layout: .together)
            _ = try await shop.withOrders(1) { $0 }
            let words = (["events", "tail", "--since", "begin", "--format", "json"] + shop.here).joined(separator: " ")
            let begin = ContinuousClock.now
            let result = try await CommandResult.run(
                URL(filePath: "/bin/sh"),
                ["-c", "timeout 60 \(ShopUnderTest.program.path()) \(words) | head -n 1"])
            #expect(result.status == 0)
            #expect(result.output.contains("\"specversion\""), "\(result.output)")
            #expect(ContinuousClock.now - begin < .seconds(30))
        }
    }
}
