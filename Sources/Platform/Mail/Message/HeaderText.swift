import FoundationEssentials

/// Text in a header: RFC 2047 where it is more than plain ASCII.
enum HeaderText {
    /// One logical line whatever was typed: a header never becomes two.
    static func encode(_ text: String) -> String {
        let line = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        // What looks like an encoded word would be decoded.
        let isPlain = line.utf8.allSatisfy { $0 < 0x80 } && !line.contains("=?")
        return isPlain ? line : words(line).joined(separator: "\r\n ")
    }

    /// At most 75 characters each, of whole characters (RFC 2047 §2, §5).
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in line.unicodeScalars {
            if word.utf8.count + UTF8.width(scalar) > 45 {
                words.append(word)
                word = ""
            }
            word.unicodeScalars.append(scalar)
        }
        words.append(word)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }
    }
}
