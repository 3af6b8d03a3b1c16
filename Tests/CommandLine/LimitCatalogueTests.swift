import Foundation
import HTTPServer
import Testing

@testable import SambalProgram

@Suite struct LimitCatalogueTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/limits.md").standardized

    /// `SAMBAL_WRITE_DOCS=1` writes the page anew.
    @Test func the_page_of_limits_is_not_stale() throws {
        if ProcessInfo.processInfo.environment["SAMBAL_WRITE_DOCS"] == "1" {
            try LimitCatalogue.markdown.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == LimitCatalogue.markdown)
    }

    @Test(arguments: [64, 256, 1024, 20_000, 1 << 20])
    func connections_leave_descriptors_for_everything_else(descriptors: Int) {
        let shared = ProcessLimits.sharedHTTPLimits(listeners: 12, bodies: 1, descriptors: descriptors)
        let most = shared.maximumConnections + 12 * shared.reservedConnections
        #expect(most <= max(descriptors - min(256, descriptors / 2), 40))
        #expect(shared.maximumConnections >= 8 && shared.reservedConnections >= 2)
    }
}
