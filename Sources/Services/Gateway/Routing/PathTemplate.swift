import HTTP

/// A pattern of paths as Spring's `PathPattern` has them: `/orders/**`, `/orders/{id}`, `/files/{*rest}`, `/v?/*.json`.
///
/// Parts are compared after percent-decoding, byte by byte. A slash at the end makes no difference.
struct PathTemplate: Sendable {
    private enum Part: Sendable {
        case literal(String)
        /// `*` and `?` within one part.
        case glob([Unicode.Scalar])
        case variable(String, RegularExpression?)
    }
    private enum Rest: Sendable {
        case nothing
        /// `/**`: any number of further parts, none included.
        case anything
        case variable(String)
    }
    private let parts: [Part]
    private let rest: Rest
    let names: [String]

    struct Failure: Error, CustomStringConvertible {
        let message: String
        var description: String { message }
    }

    init(_ text: String) throws {
        guard text.hasPrefix("/") else { throw Failure(message: "must begin with /, not \"\(text)\"") }
        var parts: [Part] = []
        var rest = Rest.nothing
        var names: [String] = []
        var pieces = Self.split(text)
        if pieces.last == "", pieces.count > 1 { pieces.removeLast() }
        if pieces == [""] { pieces = [] }
        for piece in pieces {
            guard case .nothing = rest else {
                throw Failure(message: "may have ** and {*…} at its end only, not in \"\(text)\"")
            }
            if piece == "**" {
                rest = .anything
            } else if piece.hasPrefix("{*"), piece.hasSuffix("}") {
                let name = String(piece.dropFirst(2).dropLast())
                rest = .variable(name)
                names.append(name)
            } else if piece.hasPrefix("{"), piece.hasSuffix("}") {
                let inner = piece.dropFirst().dropLast().split(separator: ":", maxSplits: 1)
                let expression = inner.count > 1 ? try RegularExpression(String(inner[1])) : nil
                let name = inner.first.map(String.init) ?? ""
                names.append(name)
                parts.append(.variable(name, expression))
            } else if piece.contains("{") || piece.contains("}") {
                throw Failure(message: "may have a variable as a whole part only, not \"\(piece)\"")
            } else if piece.contains("*") || piece.contains("?") {
                guard !piece.contains("**") else {
                    throw Failure(message: "may have ** as a whole part only, not \"\(piece)\"")
                }
                parts.append(.glob(Array(piece.unicodeScalars)))
            } else {
                parts.append(.literal(piece))
            }
        }
        guard !names.contains(""), Set(names).count == names.count else {
            throw Failure(message: "needs a name of its own for each variable in \"\(text)\"")
        }
        (self.parts, self.rest, self.names) = (parts, rest, names)
    }

    /// The variables of a path that matches; their values are as they came, still percent-encoded.
    func match(_ path: RequestPath) -> [String: String]? {
        var segments = path.segments[...]
        // `matchTrailingSlash`, which is on by default in Spring Cloud Gateway.
        if segments.count == parts.count + 1, case .nothing = rest, segments.last?.decoded.isEmpty == true {
            segments.removeLast()
        }
        guard segments.count >= parts.count else { return nil }
        if case .nothing = rest, segments.count != parts.count { return nil }
        var variables: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            switch part {
            case .literal(let text): guard text.utf8.elementsEqual(segment.decoded.utf8) else { return nil }
            case .glob(let pattern):
                guard Self.matches(pattern[...], Array(segment.decoded.unicodeScalars)[...]) else { return nil }
            case .variable(let name, let expression):
                guard !segment.decoded.isEmpty, expression?.matches(segment.decoded) != false else { return nil }
                variables[name] = String(segment.raw)
            }
        }
        if case .variable(let name) = rest {
            variables[name] = segments.dropFirst(parts.count).map { "/" + $0.raw }.joined()
        }
        return variables
    }

    /// The parts at its beginning that can be written down: literals, and variables as `{name}`.
    var leadingParts: [String] {
        parts.prefix { if case .glob = $0 { false } else { true } }.map { part in
            switch part {
            case .literal(let text): text
            case .variable(let name, _): "{\(name)}"
            case .glob: ""
            }
        }
    }

    /// Whether those are all of it.
    var isExact: Bool {
        guard case .nothing = rest else { return false }
        return leadingParts.count == parts.count
    }

    /// At slashes that stand in no variable.
    private static func split(_ text: String) -> [String] {
        var pieces = [""]
        var depth = 0
        for scalar in text.unicodeScalars.dropFirst() {
            if scalar == "{" { depth += 1 }
            if scalar == "}" { depth -= 1 }
            if scalar == "/", depth == 0 {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].unicodeScalars.append(scalar)
            }
        }
        return pieces
    }

    /// Greedy with one place to return to, so that its cost is bounded by the product of both lengths.
    static func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var (left, right) = (pattern.startIndex, text.startIndex)
        var retry: (left: Int, right: Int)?
        while right < text.endIndex {
            if left < pattern.endIndex, pattern[left] == "*" {
                retry = (left + 1, right)
                left += 1
            } else if left < pattern.endIndex, pattern[left] == "?" || pattern[left] == text[right] {
                left += 1
                right += 1
            } else if let place = retry {
                retry = (place.left, place.right + 1)
                (left, right) = (place.left, place.right + 1)
            } else {
                return false
            }
        }
        return pattern[left...].allSatisfy { $0 == "*" }
    }
}

/// A request's path in parts, split by bytes: a slash with a combining mark is one character, and yet a slash to everybody
/// else.
struct RequestPath: Sendable {
    struct Segment: Sendable {
        let raw: Substring
        let decoded: String
    }
    let text: String
    let segments: [Segment]

    init(_ text: String) {
        self.text = text
        let rest = text.utf8.dropFirst()
        segments =
            rest.isEmpty
            ? []
            : rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
                let raw = Substring($0)
                return Segment(raw: raw, decoded: PercentDecoding.decode(raw))
            }
    }
}
