/// A pattern of host names, in Ant's style with dots between the parts: `**.example.com`, `{shop}.example.com` (Spring
/// Cloud Gateway reference, "The Host Route Predicate Factory"). Case makes no difference. A port counts only if the
/// pattern has one.
struct HostTemplate: Sendable {
    private enum Part: Sendable {
        case glob([Unicode.Scalar])
        case variable(String)
        /// `**`: any number of parts, none included.
        case anything
    }
    private let parts: [Part]
    private let port: String?
    let names: [String]

    /// `nil` if the text is no pattern.
    init?(_ text: String) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = halves.first, !host.isEmpty else { return nil }
        port = halves.count > 1 ? String(halves[1]) : nil
        var parts: [Part] = []
        var names: [String] = []
        for piece in host.split(separator: ".", omittingEmptySubsequences: false) {
            if piece == "**" {
                parts.append(.anything)
            } else if piece.hasPrefix("{"), piece.hasSuffix("}"), piece.count > 2 {
                names.append(String(piece.dropFirst().dropLast()))
                parts.append(.variable(names[names.count - 1]))
            } else if piece.isEmpty || piece.contains("**") || piece.contains("{") {
                return nil
            } else {
                parts.append(.glob(Array(piece.lowercased().unicodeScalars)))
            }
        }
        guard parts.count <= 16 else { return nil }
        (self.parts, self.names) = (parts, names)
    }

    /// The variables of a host that matches.
    func match(_ authority: String) -> [String: String]? {
        let isAddress = authority.hasPrefix("[")
        let colon = isAddress ? authority.firstRange(of: "]:")?.upperBound : authority.firstIndex(of: ":")
        let host = colon.map { authority[..<(isAddress ? authority.index(before: $0) : $0)] } ?? authority[...]
        if let port {
            let given = colon.map { isAddress ? authority[$0...] : authority[authority.index(after: $0)...] } ?? ""
            guard port == "*" || port == given else { return nil }
        }
        let labels = host.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count <= 128 else { return nil }
        var variables: [String: String] = [:]
        return Self.match(parts[...], labels[...], &variables) ? variables : nil
    }

    private static func match(
        _ parts: ArraySlice<Part>, _ labels: ArraySlice<Substring>, _ variables: inout [String: String]
    ) -> Bool {
        guard let part = parts.first else { return labels.isEmpty }
        let more = parts.dropFirst()
        switch part {
        case .anything:
            if more.isEmpty { return true }
            return (0...labels.count).contains { match(more, labels.dropFirst($0), &variables) }
        case .variable(let name):
            guard let label = labels.first, !label.isEmpty else { return false }
            variables[name] = String(label)
            return match(more, labels.dropFirst(), &variables)
        case .glob(let pattern):
            guard let label = labels.first,
                PathTemplate.matches(pattern[...], Array(label.unicodeScalars)[...])
            else { return false }
            return match(more, labels.dropFirst(), &variables)
        }
    }
}
