import Foundation
import Testing

/// Keeps docs/threat-model.md true as far as a test can: the tests that it names are there.
@Suite struct ThreatModelTests {
    @Test func every_test_that_the_threat_model_names_is_there() throws {
        let text = try #require(Self.text(of: "docs/threat-model.md"))
        let named = text.split(separator: "`").filter { $0.hasPrefix("Tests/") }.map(String.init)
        #expect(named.count > 30)
        for name in named {
            let parts = name.components(separatedBy: "::")
            let source = Self.text(of: parts[0])
            #expect(source != nil, "docs/threat-model.md names \(parts[0]), and there is no such file")
            guard parts.count == 2, let source else { continue }
            #expect(
                source.contains("func \(parts[1])(") || source.contains("def \(parts[1])("),
                "docs/threat-model.md names \(parts[1]), and \(parts[0]) has no such test")
        }
    }

    private static func text(of path: String) -> String? {
        try? String(contentsOf: URL(filePath: "\(SourceFile.root)/\(path)"), encoding: .utf8)
    }
}
