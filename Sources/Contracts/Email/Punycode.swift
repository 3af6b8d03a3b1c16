/// Text beyond ASCII in letters, digits and hyphens (RFC 3492), as domain names have it.
enum Punycode {
    private static let (base, tMin, tMax, skew, damp) = (36, 1, 26, 38, 700)

    static func encode(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { Int($0.value) }
        let plain = scalars.filter { $0 < 0x80 }
        var output = String(String.UnicodeScalarView(plain.compactMap { Unicode.Scalar($0) }))
        var (handled, code, delta, bias) = (plain.count, 0x80, 0, 72)
        if !plain.isEmpty { output += "-" }
        while handled < scalars.count {
            guard let next = scalars.filter({ $0 >= code }).min() else { break }
            delta += (next - code) * (handled + 1)
            code = next
            for scalar in scalars {
                if scalar < code { delta += 1 }
                guard scalar == code else { continue }
                output += digits(of: delta, bias)
                bias = adapt(delta, count: handled + 1, isFirst: handled == plain.count)
                delta = 0
                handled += 1
            }
            delta += 1
            code += 1
        }
        return output
    }

    /// A number of variable length (§3.3).
    private static func digits(of delta: Int, _ bias: Int) -> String {
        var (rest, position, text) = (delta, base, "")
        while true {
            let threshold = position <= bias ? tMin : position >= bias + tMax ? tMax : position - bias
            guard rest >= threshold else { break }
            text += digit(threshold + (rest - threshold) % (base - threshold))
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        return text + digit(rest)
    }

    private static func digit(_ value: Int) -> String {
        String(Character(Unicode.Scalar(UInt8(value < 26 ? 97 + value : 22 + value))))
    }

    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damp : delta / 2
        delta += delta / count
        var position = 0
        while delta > (base - tMin) * tMax / 2 {
            delta /= base - tMin
            position += base
        }
        return position + (base - tMin + 1) * delta / (delta + skew)
    }
}
