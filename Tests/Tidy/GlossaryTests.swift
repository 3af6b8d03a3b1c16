import Foundation
import Testing

/// The documents and the program use one word for one thing: the glossary of CONTRIBUTING.md.
@Suite struct GlossaryTests {
    /// A word that must not occur, the term of the glossary for it, and phrases in which it is right.
    private struct Rule {
        /// Text without which a file cannot break the rule: a search for it is much faster than the pattern.
        let hint: String
        let pattern: Regex<Substring>
        let better: String
        var exceptions: [String] = []
    }

    private static var rules: [Rule] {
        [
            Rule(
                hint: "tandard", pattern: /\b[Ss]tandard\b/, better: "default",
                exceptions: [
                    "Fetch standard", "Standard Webhooks", "standard output", "standard error", "*standard*",
                    "well-kept standard of its kind",
                ]),
            Rule(
                hint: "body", pattern: /\b[Tt]ransaction(?:'s)? body\b|\bbody of (?:a|the) transaction\b/,
                better: "transaction closure"),
            Rule(hint: "ime-out", pattern: /\b[Tt]ime-outs?\b/, better: "timeout"),
            Rule(hint: " anew", pattern: /\b[Bb]egins? anew\b/, better: "runs again, restarts"),
            Rule(hint: "nothing is said", pattern: /\bwhere nothing is said\b/, better: "by default"),
            Rule(hint: "unless it is said", pattern: /\bunless it is said\b/, better: "by default"),
            Rule(hint: "told otherwise", pattern: /\bunless told otherwise\b/, better: "by default"),
            Rule(hint: "passed over", pattern: /\bpassed over\b/, better: "ignored, skipped"),
            Rule(
                hint: " back", pattern: /\b[Tt]ak(?:e|es|en|ing) back\b/, better: "compensate, give back, refund"),
            Rule(hint: "nil` where", pattern: /`nil` where\b/, better: "`nil` if"),
        ]
    }

    /// Pages that are generated from declarations, or from measurements, and records of the past.
    private static let generated: Set = [
        "docs/reference/routes.md", "docs/reference/events.md", "docs/benchmarks.md", "docs/fault-matrix.md",
    ]

    @Test func documents_and_program_use_the_words_of_the_glossary() throws {
        let files = try Self.documents() + SourceFile.all(in: "Sources/Program").map { ($0.path, $0.text) }
        #expect(files.count > 60)
        for (path, text) in files {
            let rules = Self.rules.filter { text.range(of: $0.hint) != nil }
            guard !rules.isEmpty else { continue }
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                for (word, better) in Self.violations(in: line, of: rules) {
                    Issue.record("\(path):\(number + 1) says \"\(word)\": write \(better)")
                }
            }
        }
    }

    @Test(arguments: [
        ("the standard is 5 s", 1), ("see the Fetch standard", 0), ("to standard output", 0),
        ("a transaction's body runs twice", 1), ("the body of a request", 0), ("a time-out of 2 s", 1),
        ("a timeout of 2 s", 0), ("the money is taken back", 1), ("it is refunded", 0), ("the rest is passed over", 1),
    ])
    func a_word_outside_the_glossary_is_found(line: String, count: Int) {
        #expect(Self.violations(in: line[...], of: Self.rules).count == count)
    }

    private static func violations(in line: Substring, of rules: [Rule]) -> [(word: String, better: String)] {
        rules.flatMap { rule -> [(word: String, better: String)] in
            guard line.range(of: rule.hint) != nil else { return [] }
            let text = rule.exceptions.reduce(String(line)) { $0.replacingOccurrences(of: $1, with: "") }
            return text.matches(of: rule.pattern).map { (String($0.0), rule.better) }
        }
    }

    private static func documents() throws -> [(String, String)] {
        let pages = try FileManager.default.subpathsOfDirectory(atPath: SourceFile.root + "/docs")
            .filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }.sorted()
        return try (pages + ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]).filter { !generated.contains($0) }.map {
            ($0, try String(contentsOf: URL(filePath: SourceFile.root + "/" + $0), encoding: .utf8))
        }
    }
}
