/// Takes comments and quoted text out of Swift, so that a word in them counts for nothing.
struct CodeOnly {
    private(set) var result = ""
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("//") {
                rest = rest.drop { $0 != "\n" }
            } else if rest.hasPrefix("/*") {
                skip(past: "*/", after: 2)
            } else if character == "\"" || character == "#", let quote = openingQuote {
                skip(past: quote.closing, after: quote.length)
            } else {
                result.append(rest.removeFirst())
            }
        }
    }

    private struct Quote {
        let length: Int
        let closing: String
    }

    /// `"`, `"""`, and both behind any number of `#`.
    private var openingQuote: Quote? {
        let hashes = rest.prefix { $0 == "#" }
        let quotes = rest.dropFirst(hashes.count).hasPrefix("\"\"\"") ? "\"\"\"" : "\""
        guard rest.dropFirst(hashes.count).hasPrefix(quotes) else { return nil }
        return Quote(length: hashes.count + quotes.count, closing: quotes + hashes)
    }

    private mutating func skip(past closing: String, after length: Int) {
        rest = rest.dropFirst(length)
        while !rest.isEmpty, !rest.hasPrefix(closing) {
            let isEscape = rest.first == "\\" && !closing.hasSuffix("#")
            rest = rest.dropFirst(isEscape ? 2 : 1)
        }
        rest = rest.dropFirst(closing.count)
    }
}
