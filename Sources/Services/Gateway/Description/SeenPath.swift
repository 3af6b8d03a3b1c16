import HTTP

/// The paths of an upstream as a route shows them: `/orders/{id}` of the order service is `/shop/orders/{id}` behind a route
/// with `Path=/shop/**` and `StripPrefix=1`.
///
/// Filters say how a path goes in, not how it came to be. So paths that may lead to the upstream's are tried: with numbers or
/// letters in place of their variables, they go through the route's patterns and filters as a request's would.
extension GatewayRoute {
    /// Returns the path, with the variables of the upstream's; `nil` if no path is found that leads there.
    func seenPath(of path: String) -> String? {
        candidates(for: path).first { candidate in
            PathSample.all.contains { leads(candidate, to: path, $0) }
        }
    }

    /// Whether a request may come to this route, as far as its method and path say.
    func mayTake(_ request: RouteCandidate) -> Bool {
        predicates.allSatisfy { predicate in
            switch predicate {
            case .path, .method: predicate.match(request) != nil
            default: true
            }
        }
    }

    /// Whether only the method and path of a request say whether it comes to this route.
    var isUnconditional: Bool {
        predicates.allSatisfy { predicate in
            switch predicate {
            case .path, .method: true
            default: false
            }
        }
    }

    private var templates: [PathTemplate] {
        predicates.flatMap { if case .path(let templates) = $0 { templates } else { [PathTemplate]() } }
    }

    private func candidates(for path: String) -> [String] {
        var rests = [path]
        for case .prefixPath(let prefix) in filters {
            let text = prefix.expand([:])
            if path.hasPrefix(text), path.utf8.count > text.utf8.count {
                rests.append(String(path.dropFirst(text.count)))
            }
        }
        var found = rests
        for template in templates {
            var prefix = ""
            for part in template.leadingParts {
                prefix += "/" + part
                found += rests.map { $0 == "/" ? prefix : prefix + $0 }
            }
            if template.isExact { found.append(Self.renaming(prefix, by: path)) }
        }
        return found
    }

    /// The path with the names of another one's variables, which may have them in the same order.
    private static func renaming(_ path: String, by other: String) -> String {
        let (own, names) = (PathSample.orderedNames(in: path), PathSample.orderedNames(in: other))
        guard own.count == names.count else { return path }
        var parts = path.split(separator: "{", omittingEmptySubsequences: false).map(String.init)
        for (index, name) in names.enumerated() {
            parts[index + 1] = name + parts[index + 1].drop { $0 != "}" }
        }
        return parts.joined(separator: "{")
    }

    private func leads(_ candidate: String, to path: String, _ sample: PathSample) -> Bool {
        let request = RequestPath(sample.fill(candidate))
        var variables: [String: String] = [:]
        for case .path(let templates) in predicates {
            guard let found = templates.lazy.compactMap({ $0.match(request) }).first else { return false }
            variables.merge(found) { $1 }
        }
        let arrived = filters.reduce(request.text) { $1.rewritten($0, variables) ?? $0 }
        return arrived == sample.fill(path)
    }
}

/// Values for the variables of a path, by their names.
struct PathSample: Sendable {
    /// Patterns may ask for numbers or for letters.
    static let all = [PathSample(digits: Array("0123456789")), PathSample(digits: Array("abcdefghij"))]
    private let digits: [Character]

    /// Variables of one name get one value, others get others.
    func fill(_ path: String) -> String {
        var result = ""
        var rest = path[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open] + value(of: rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func value(of name: Substring) -> String {
        String(name.utf8.map { digits[Int($0) % 10] } + [digits[7]])
    }
}
