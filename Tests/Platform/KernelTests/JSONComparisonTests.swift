import FoundationEssentials
import Kernel
import Testing

/// Compares what is decoded here with what Foundation decodes, on texts that both accept.
@Suite struct JSONComparisonTests {
    /// Whatever a JSON text holds.
    enum Value: Decodable, Equatable {
        case null
        case truth(Bool)
        case number(Double)
        case text(String)
        case list([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            if let object = try? decoder.container(keyedBy: Name.self) {
                var members: [String: Value] = [:]
                for name in object.allKeys { members[name.stringValue] = try object.decode(Value.self, forKey: name) }
                self = .object(members)
                return
            }
            if var list = try? decoder.unkeyedContainer() {
                var elements: [Value] = []
                while !list.isAtEnd { elements.append(try list.decode(Value.self)) }
                self = .list(elements)
                return
            }
            let single = try decoder.singleValueContainer()
            if single.decodeNil() {
                self = .null
            } else if let truth = try? single.decode(Bool.self) {
                self = .truth(truth)
            } else if let number = try? single.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try single.decode(String.self))
            }
        }

        struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    @Test(arguments: 0..<8)
    func random_texts_hold_the_same_values_for_both(part: UInt64) throws {
        for seed in (part * 250)..<(part * 250 + 250) {
            var writer = RandomJSON(seed: seed)
            let text = writer.text()
            let data = Data(text.utf8)
            let theirs = try JSONDecoder().decode(Value.self, from: data)
            #expect(try JSON.decode(Value.self, from: data) == theirs, "seed \(seed): \(text)")
        }
    }
}

/// Writes random texts of JSON with blanks, escapes and numbers in forms that Foundation reads too: it refuses `0e3`.
private struct RandomJSON {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func text() -> String { blank() + value(depth: 0) + blank() }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 8 : 6), using: &random) {
        case 0: return ["null", "true", "false"].randomElement(using: &random)!
        case 1, 2: return number()
        case 3, 4, 5: return string()
        case 6:
            let elements = (0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth + 1) }
            return "[" + blank() + elements.map { $0 + blank() }.joined(separator: "," + blank()) + "]"
        default:
            // The number at the end makes each name another one.
            let members = (0..<Int.random(in: 0...4, using: &random)).map { place in
                String(string().dropLast()) + "\(place)\"" + blank() + ":" + blank() + value(depth: depth + 1)
            }
            return "{" + blank() + members.map { $0 + blank() }.joined(separator: ",") + "}"
        }
    }

    private mutating func number() -> String {
        let whole = ["1", "7", "-12", "123456789012"].randomElement(using: &random)!
        let fraction = ["", ".5", ".000125"].randomElement(using: &random)!
        let exponent = ["", "e3", "E2", "e+1"].randomElement(using: &random)!
        return whole + fraction + exponent
    }

    private mutating func string() -> String {
        let parts = ["a", "é", "김", "🌶", " ", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\uD83C\\uDF36", "/", "\\t"]
        return "\""
            + (0..<Int.random(in: 0...6, using: &random)).map { _ in parts.randomElement(using: &random)! }
            .joined() + "\""
    }

    private mutating func blank() -> String { ["", "", " ", "\n\t", "\r\n"].randomElement(using: &random)! }
}
