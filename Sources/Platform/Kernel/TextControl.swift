/// Characters of foreign text that change how other text is shown.
extension Unicode.Scalar {
    /// Whether the character ends a line, or controls a terminal or printer: `\n`, `\u{1b}`, `\u{2028}`.
    public var endsOrControlsLine: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Whether the character makes a reader see what follows in another order than it is stored in (Unicode Annex 9,
    /// explicit directional formatting; CVE-2021-42574). The marks of right-to-left scripts, which names may hold, are
    /// not among them.
    public var reordersText: Bool {
        switch value {
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Whether it is a mark that gives its place in a line a direction, and is not seen itself.
    public var isDirectionalMark: Bool { value == 0x061C || value == 0x200E || value == 0x200F }

    /// Whether a reader sees nothing of it: a blank, or a character that is not drawn, such as U+200B or U+FEFF (Unicode,
    /// `Default_Ignorable_Code_Point`).
    public var isInvisible: Bool {
        properties.isWhitespace || properties.isDefaultIgnorableCodePoint || properties.generalCategory == .format
    }
}
