import FoundationEssentials
import Kernel
import PlatformTestSupport
import Testing

/// Twice the input costs twice the time, whatever the input is made of.
@Suite(.serialized) struct JSONCostTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable (Int) -> String
    }

    static let shapes = [
        Shape(testDescription: "flat list") {
            "[" + Array(repeating: "1", count: $0 * 20).joined(separator: ",") + "]"
        },
        Shape(testDescription: "wide and deep") { size in
            let deep = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
            return "[" + Array(repeating: deep, count: size).joined(separator: ",") + "]"
        },
        Shape(testDescription: "objects inside objects") { size in
            let deep = String(repeating: "{\"a\":", count: 30) + "1" + String(repeating: "}", count: 30)
            return "[" + Array(repeating: deep, count: size).joined(separator: ",") + "]"
        },
        Shape(testDescription: "many members") { size in
            "{" + (0..<size * 10).map { "\"m\($0)\":0" }.joined(separator: ",") + "}"
        },
        Shape(testDescription: "members that differ at their end") { size in
            let start = String(repeating: "x", count: 40)
            return "{" + (0..<size * 5).map { "\"\(start)\($0)\":0" }.joined(separator: ",") + "}"
        },
        Shape(testDescription: "escapes") { "\"" + String(repeating: "\\u00e9\\n", count: $0 * 20) + "\"" },
        Shape(testDescription: "an unfinished text") { "\"" + String(repeating: "a\\\\", count: $0 * 30) },
        Shape(testDescription: "unfinished lists") { Array(repeating: "[1,2", count: $0 * 20).joined(separator: ",") },
        Shape(testDescription: "numbers") {
            "[" + Array(repeating: "-1.5e-7", count: $0 * 10).joined(separator: ",") + "]"
        },
    ]

    private static let limits = JSONLimits(bytes: 1 << 26, depth: 40, values: 1 << 20, text: 1 << 20)

    @Test(arguments: shapes)
    func reading_any_document(shape: Shape) {
        let growth = grow(shape) { try? JSON.decode(JSONDocument.self, from: $0, limits: Self.limits) }
        #expect(growth.isLinear, "\(growth)")
    }

    @Test(arguments: shapes)
    func reading_into_properties(shape: Shape) {
        struct Body: Decodable {
            var m1: String?
            var m2: [Int]?
            var m3: [String: Int]?
        }
        let growth = grow(shape) { try? JSON.decodeLeniently(Body.self, from: $0, limits: Self.limits) }
        #expect(growth.isLinear, "\(growth)")
    }

    @Test(arguments: shapes)
    func reading_into_dictionaries(shape: Shape) {
        let growth = grow(shape) { try? JSON.decodeLeniently([String: Int].self, from: $0, limits: Self.limits) }
        #expect(growth.isLinear, "\(growth)")
        let snake = grow(shape) { try? JSON.decodeSnakeCase([String: Int].self, from: $0, limits: Self.limits) }
        #expect(snake.isLinear, "\(snake)")
    }

    private func grow<Result>(_ shape: Shape, _ read: (Data) -> Result) -> CostGrowth {
        let size = 200
        let texts = [size: Data(shape.make(size).utf8), size * 2: Data(shape.make(size * 2).utf8)]
        return CostGrowth(size: size) { _ = read(texts[$0]!) }
    }
}
