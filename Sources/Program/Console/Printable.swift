import Kernel

/// Escapes text from strangers, so that it is safe to show at a terminal.
///
/// Control characters move the cursor, change colours or rewrite what stands above, and bidirectional controls reorder
/// what is read (CVE-2021-42574): both are shown as escapes, for example `\u{1b}`.
enum Printable {
    static func text(_ text: String, keepingLines: Bool = false) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar), !(keepingLines && scalar == "\n") {
                safe.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                safe.append(scalar)
            }
        }
        return String(safe)
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        scalar.endsOrControlsLine || scalar.reordersText || scalar.isDirectionalMark
    }
}
