import Foundation
import HTTP
import ServiceHost
import ServiceTestSupport
import Testing

/// Every route of every service, asked by every kind of caller.
@Suite struct AccessTableTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/reference/access.md").standardized

    /// `SAMBAL_WRITE_DOCS=1` writes the page (`make references`).
    @Test func the_page_of_access_is_what_the_services_answer() async throws {
        let table = try await AccessTable.made()
        let titles = AccessTable.callers.map(\.title)
        for row in table.rows {
            let answers = Dictionary(uniqueKeysWithValues: zip(titles, row.answers))
            let what = "\(row.service): \(row.route): \(answers)"
            #expect(answers["nobody"] == answers["operator"] && answers["nobody"] == answers["service"], "\(what)")
            #expect(answers["nobody"]?.first == "2", "\(what)")
            guard row.route.contains("{id}") || row.route.contains("{orderId}") else { continue }
            // What is another's is not there, and what is for others is refused whatever is asked for.
            #expect(["403", "404"].contains(answers["customer, another's"]) || row.isPublic, "\(what)")
            #expect(["403", "404"].contains(answers["seller, another branch"]) || row.isPublic, "\(what)")
        }
        #expect(table.rows.count > 150)
        let text = table.markdown
        if ProcessInfo.processInfo.environment["SAMBAL_WRITE_DOCS"] == "1" {
            try text.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        let kept = try? String(contentsOf: Self.page, encoding: .utf8)
        #expect(kept == text, "docs/reference/access.md is stale: make references")
    }

    @Test func every_route_says_whom_it_answers() {
        for definition in PreparedShop.shop + PreparedShop.others {
            for route in definition.outline.routes {
                let what = "\(definition.name): \(route.method) \(route.pattern)"
                #expect(route.audience != nil, "\(what) does not declare its audience")
                guard route.pattern.contains("{") else { continue }
                #expect(
                    route.guardsItem || route.audience == .operators || route.audience == .everyone,
                    "\(what) is open to callers and asks nobody whose its item is")
            }
        }
    }
}

extension AccessTable.Row {
    /// The catalogue, and what a provider sends.
    fileprivate var isPublic: Bool { route.contains("/products/{id}") && route.hasPrefix("GET") }
}
