/// A route's pattern, taken apart.
struct PathPattern: Sendable {
    enum Part: Sendable, Hashable {
        case literal(String)
        /// One part of the path, whatever it is.
        case parameter
        /// The rest of the path, however long, nothing included.
        case rest
    }
    let text: String
    let parts: [Part]
    /// The names of the parameters, in their order; `**` for the rest.
    let names: [String]

    static let restName = "**"

    init(_ text: String) throws(RoutingError) {
        guard text.hasPrefix("/") else { throw RoutingError(.malformed, text, "a pattern begins with /") }
        var parts: [Part] = []
        var names: [String] = []
        for piece in text == "/" ? [] : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard !piece.isEmpty else { throw RoutingError(.malformed, text, "a part is empty") }
            guard parts.last != .rest else { throw RoutingError(.malformed, text, "** is only allowed at the end") }
            let part = Self.part(piece)
            parts.append(part)
            switch part {
            case .literal: break
            case .rest: names.append(Self.restName)
            case .parameter: names.append(String(piece.dropFirst().dropLast()))
            }
        }
        guard Set(names).count == names.count, !names.contains("") else {
            throw RoutingError(.malformed, text, "each parameter needs a name of its own")
        }
        (self.text, self.parts, self.names) = (text, parts, names)
    }

    var isLiteral: Bool { names.isEmpty }

    private static func part(_ piece: Substring) -> Part {
        if piece == restName { return .rest }
        return piece.hasPrefix("{") && piece.hasSuffix("}") ? .parameter : .literal(String(piece))
    }
}
