import HTTP
import Kernel

/// Whether a client takes a content coding, as its `Accept-Encoding` says (RFC 9110 §12.5.3).
struct AcceptEncoding: Sendable {
    /// Thousandths, by the name of the coding in small letters.
    private let weights: [String: Int]

    init(_ headers: Headers) {
        var weights: [String: Int] = [:]
        for item in headers.all("Accept-Encoding").flatMap({ $0.split(separator: ",") }) {
            let parts = item.split(separator: ";").map { Self.trimmed($0).lowercased() }
            guard let coding = parts.first, !coding.isEmpty else { continue }
            var weight = 1000
            for part in parts.dropFirst() where part.hasPrefix("q=") { weight = Self.weight(part.dropFirst(2)) }
            // `x-gzip` is the same (§8.4.1.3).
            weights[coding == "x-gzip" ? "gzip" : coding] = weight
        }
        self.weights = weights
    }

    /// Whether the client takes gzip, and no coding less.
    var prefersGzip: Bool {
        let gzip = weights["gzip"] ?? weights["*"] ?? 0
        return gzip > 0 && gzip >= weights["identity"] ?? 0
    }

    /// Zero for what is no weight: a coding that is not certainly wanted is not used.
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
