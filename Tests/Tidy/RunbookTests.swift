import Foundation
import Testing

/// Error messages lead to entries of the runbook that exist.
@Suite struct RunbookTests {
    @Test func every_entry_that_is_named_is_there() throws {
        let entries = try Self.entries()
        #expect(entries.count > 20)
        let files = try SourceFile.all(in: "Sources")
        let named = files.flatMap { file in Self.anchors(in: file.text).map { (file.path, $0) } }
        #expect(named.count > 10)
        for (path, anchor) in named { #expect(entries.contains(anchor), "\(path) names \(anchor)") }
    }

    @Test func links_between_entries_lead_somewhere() throws {
        let entries = try Self.entries()
        let page = try Self.page()
        for anchor in page.matches(of: /\]\(#([a-z-]+)\)/).map({ String($0.1) }) {
            #expect(entries.contains(anchor), "\(anchor)")
        }
    }

    @Test func an_anchor_is_found_in_text_and_in_code() {
        #expect(Self.anchors(in: #""see docs/runbook.md#disk-full.""#) == ["disk-full"])
        #expect(Self.anchors(in: "nothing") == [])
    }

    private static func anchors(in text: String) -> [String] {
        text.matches(of: /runbook\.md#([a-z][a-z-]*[a-z])/).map { String($0.1) }
    }

    /// Headings, as they are linked to.
    private static func entries() throws -> Set<String> {
        let headings = try page().split(separator: "\n").filter { $0.hasPrefix("## ") }
        return Set(headings.map { $0.dropFirst(3).lowercased().replacingOccurrences(of: " ", with: "-") })
    }

    private static func page() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/runbook.md")
        return try String(contentsOf: root.standardized, encoding: .utf8)
    }
}
