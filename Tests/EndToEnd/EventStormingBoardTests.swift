import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    @Suite struct EventStormingBoardTests {
        @Test(arguments: [("svg", "docs/event-storming.svg"), ("mermaid", "docs/event-storming.mmd")])
        func the_board_in_the_documents_is_that_of_the_code(_ format: String, _ file: String) async throws {
            let printed = try await CommandResult.run(ShopUnderTest.program, ["event-storming", "--format", format])
            #expect(printed.status == 0)
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let kept = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            #expect(printed.output == kept, "\(file) is stale: make event-storming")
        }
    }
}
