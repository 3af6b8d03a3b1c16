/// The values of a field such as `Accept` or `Accept-Encoding` with their weights (RFC 9110 §12.4.2).
package struct WeightedValues: Sendable {
    /// Thousandths, by the value in small letters.
    private let weights: [String: Int]

    package init(_ name: String, of headers: Headers) {
        var weights: [String: Int] = [:]
        for item in headers.all(name).flatMap({ $0.split(separator: ",") }) {
            let parts = item.split(separator: ";").map { Self.trimmed($0).lowercased() }
            guard let value = parts.first, !value.isEmpty else { continue }
            var weight = 1000
            for part in parts.dropFirst() where part.hasPrefix("q=") { weight = Self.weight(part.dropFirst(2)) }
            weights[value] = weight
        }
        self.weights = weights
    }

    /// The weight of a value from 0, not acceptable, to 1000; `nil` if the field does not name it.
    package subscript(value: String) -> Int? { weights[value] }

    /// Zero for what is no weight: a value that is not certainly wanted is not used.
    private static func weight(_ text: Substring) -> Int {
        guard let number = Double(text), (0...1).contains(number), text.utf8.count <= 5 else { return 0 }
        return Int((number * 1000).rounded())
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}

extension Request {
    /// Whether the client names HTML among what it accepts, and wants JSON no more than that: browsers do, programs that
    /// take anything do not.
    package var prefersHTML: Bool {
        let accepted = WeightedValues("Accept", of: headers)
        guard let html = accepted["text/html"], html > 0 else { return false }
        let json =
            ["application/hal+json", "application/json"].compactMap { accepted[$0] }.max()
            ?? accepted["application/*"] ?? accepted["*/*"] ?? 0
        return html >= json
    }
}
