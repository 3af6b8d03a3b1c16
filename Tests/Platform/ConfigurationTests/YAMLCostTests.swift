import PlatformTestSupport
import Testing

@testable import Configuration

/// Twice the file costs at most twice the time, whatever it is made of; and nothing multiplies.
@Suite(.serialized) struct YAMLCostTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable (Int) -> String
    }

    static let shapes = [
        Shape(testDescription: "keys") { (0..<$0).map { "k\($0): \($0)\n" }.joined() },
        Shape(testDescription: "flow lists") { "a: " + String(repeating: "[1,", count: $0) },
        Shape(testDescription: "flow sections") { "a: " + String(repeating: "{b: ", count: $0) },
        Shape(testDescription: "indented") { size in
            (0..<min(size, 400)).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        },
        Shape(testDescription: "anchors") { (0..<$0).map { "k\($0): &a\($0) 1\n" }.joined() },
        Shape(testDescription: "aliases") { "x: &x 1\n" + (0..<$0).map { "k\($0): *x\n" }.joined() },
        Shape(testDescription: "a long text") { "a: \"" + String(repeating: "\\u00e9", count: $0) + "\"" },
        Shape(testDescription: "a folded text") { "a: >\n" + String(repeating: "  b\n", count: $0) },
        Shape(testDescription: "comments") { String(repeating: "# c\n", count: $0) },
    ]

    @Test(arguments: shapes)
    func reading_is_linear(shape: Shape) {
        let size = 1000
        let texts = [size: Array(shape.make(size).utf8), size * 2: Array(shape.make(size * 2).utf8)]
        let growth = CostGrowth(size: size) { _ = try? ConfigurationFile.parse(texts[$0]!, name: "test") }
        #expect(growth.isLinear, "\(growth)")
    }

    /// Each key looks for the others neither when it is read, nor when it is shown, nor when it is unknown.
    @Test(arguments: [
        Shape(testDescription: "sections of one's own names") { size in
            "services:\n" + (0..<size).map { "  s\($0): {port: 1, x\($0): 2}\n" }.joined()
        },
        Shape(testDescription: "texts of one's own names") { size in
            "labels:\n" + (0..<size).map { "  l\($0): a\n" }.joined()
        },
        Shape(testDescription: "a list of sections") { size in
            "routes:\n" + (0..<size).map { "  - {path: /a, y\($0): 1}\n" }.joined()
        },
        Shape(testDescription: "unknown keys") { size in (0..<size).map { "u\($0): 1\n" }.joined() },
    ])
    func reading_values_is_linear(shape: Shape) throws {
        let size = 1000
        let sources = try [size, size * 2].map { try ConfigurationSource(yaml: shape.make($0)) }
        let growth = CostGrowth(size: size) { count in
            let reader = ConfigurationReader(sources[count / size - 1])
            for (_, section) in reader.root.map("services") { _ = section.int("port") }
            for section in reader.root.list("routes") { _ = section.string("path") }
            _ = reader.root.stringMap("labels")
            try? reader.finish()
            _ = reader.dump()
        }
        #expect(growth.isLinear, "\(growth)")
    }

    @Test func aliases_of_aliases_do_not_multiply() {
        var text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for level in 1..<10 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]\n"
        }
        let growth = CostGrowth(size: 1) { _ in _ = try? ConfigurationFile.parse(Array(text.utf8), name: "test") }
        #expect(growth.nanoseconds < 2_000_000_000)
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.parse(Array(text.utf8), name: "test") }
    }

    @Test func an_alias_within_itself_ends() {
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.parse(Array("a: &a [*a, *a]\n".utf8), name: "test")
        }
    }
}
