import PlatformTestSupport

/// A random value of the header, and whether it is a key: said by rules of its own, not by the product's.
struct RandomKey: Sendable {
    let bytes: [UInt8]

    init(using random: inout SeededRandom) {
        let alphabets: [[UInt8]] = [
            Array("abcXYZ0123456789-_|%".utf8), Array("ab \"\\,;=".utf8), Array(0x20...0x7E),
            Array(0x01...0xFF).filter { $0 != 0x0A && $0 != 0x0D },
        ]
        let alphabet = alphabets.randomElement(using: &random) ?? []
        let lengths = [0...3, 1...40, 200...300]
        let length = Int.random(in: lengths.randomElement(using: &random) ?? 0...3, using: &random)
        let text = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0x61 }
        let isQuoted = Int.random(in: 0..<3, using: &random) == 0
        bytes = isQuoted ? [0x22] + text + [0x22] : text
    }

    var isRight: Bool {
        // What HTTP itself takes off a field's value.
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let value = Array(bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        guard value.allSatisfy({ (0x20...0x7E).contains($0) }) else { return false }
        guard value.first == 0x22 else {
            return (1...255).contains(value.count) && !value.contains(0x22) && !value.contains(0x2C)
        }
        return isQuotedKey(value)
    }

    /// RFC 9651 §4.2.5, and parameters after it that begin with a semicolon.
    private func isQuotedKey(_ value: [UInt8]) -> Bool {
        var (index, length) = (1, 0)
        while index < value.count, value[index] != 0x22 {
            if value[index] == 0x5C {
                index += 1
                guard index < value.count, value[index] == 0x22 || value[index] == 0x5C else { return false }
            }
            (index, length) = (index + 1, length + 1)
        }
        guard index < value.count, (1...255).contains(length) else { return false }
        let after = value[(index + 1)...].drop { $0 == 0x20 }
        return after.isEmpty || after.first == 0x3B
    }
}
