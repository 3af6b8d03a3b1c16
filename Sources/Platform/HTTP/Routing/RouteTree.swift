/// Finds the routes of a path: literal parts win over parameters, parameters over the rest.
struct RouteTree: Sendable {
    /// The routes of one pattern, one for each method. A class, since a route is large to copy for each request.
    final class Leaf: Sendable {
        let pattern: PathPattern
        let routes: [Route]

        init(pattern: PathPattern, routes: [Route]) {
            self.pattern = pattern
            self.routes = routes
        }

        func handler(for method: HTTPMethod) -> Route.Handler? {
            for index in routes.indices where routes[index].method == method { return routes[index].handler }
            return nil
        }
    }

    struct Match {
        let leaf: Leaf
        let values: [String]
    }

    fileprivate struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var rest: Int?
        var leaf: Int?
    }

    private var nodes = [Node()]
    private var leaves: [Leaf] = []
    /// Patterns without parameters, by their text: one look-up finds most of what comes in.
    private var literals: [String: Int] = [:]

    mutating func insert(_ route: Route) throws(RoutingError) {
        let pattern = try PathPattern(route.pattern)
        let node = node(for: pattern.parts)
        guard let leaf = nodes[node].leaf else {
            nodes[node].leaf = leaves.count
            if pattern.isLiteral { literals[pattern.text] = leaves.count }
            return leaves.append(Leaf(pattern: pattern, routes: [route]))
        }
        let known = leaves[leaf]
        guard known.pattern.text == pattern.text else {
            throw RoutingError(.conflicting, pattern.text, "matches the same paths as \(known.pattern.text)")
        }
        guard known.handler(for: route.method) == nil else {
            throw RoutingError(.duplicate, pattern.text, "\(route.method) is there twice")
        }
        leaves[leaf] = Leaf(pattern: known.pattern, routes: known.routes + [route])
    }

    func match(_ path: String) -> Match? {
        if let leaf = literals[path], isSame(leaves[leaf].pattern.text, path) {
            return Match(leaf: leaves[leaf], values: [])
        }
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        // By bytes: a slash with a combining mark is one character, and yet a slash to everybody else.
        let rest = path.utf8.dropFirst()
        let parts =
            rest.isEmpty
            ? []
            : rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                .map { Substring($0) }
        var values: [String] = []
        guard let leaf = find(parts[...], from: 0, &values) else { return nil }
        return Match(leaf: leaves[leaf], values: values)
    }

    private func find(_ parts: ArraySlice<Substring>, from index: Int, _ values: inout [String]) -> Int? {
        let node = nodes[index]
        guard let part = parts.first else {
            if let leaf = node.leaf { return leaf }
            return rest(parts, of: node, &values)
        }
        let text = PercentDecoding.decode(part)
        if let (name, next) = node.literal(text), isSame(name, text),
            let leaf = find(parts.dropFirst(), from: next, &values)
        {
            return leaf
        }
        if let next = node.parameter, !text.isEmpty {
            values.append(text)
            if let leaf = find(parts.dropFirst(), from: next, &values) { return leaf }
            values.removeLast()
        }
        return rest(parts, of: node, &values)
    }

    /// Equal as bytes. As texts, K and the sign for kelvin are equal too.
    private func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    private func rest(_ parts: ArraySlice<Substring>, of node: Node, _ values: inout [String]) -> Int? {
        guard let next = node.rest else { return nil }
        values.append(parts.map { PercentDecoding.decode($0) }.joined(separator: "/"))
        return nodes[next].leaf
    }

    private mutating func node(for parts: [PathPattern.Part]) -> Int {
        var index = 0
        for part in parts {
            if let next = nodes[index].child(part) {
                index = next
            } else {
                nodes.append(Node())
                nodes[index].setChild(part, nodes.count - 1)
                index = nodes.count - 1
            }
        }
        return index
    }
}

extension RouteTree.Node {
    fileprivate func literal(_ text: String) -> (name: String, next: Int)? {
        literals.index(forKey: text).map { (literals[$0].key, literals[$0].value) }
    }

    fileprivate func child(_ part: PathPattern.Part) -> Int? {
        switch part {
        case .literal(let text): literals[text]
        case .parameter: parameter
        case .rest: rest
        }
    }

    fileprivate mutating func setChild(_ part: PathPattern.Part, _ index: Int) {
        switch part {
        case .literal(let text): literals[text] = index
        case .parameter: parameter = index
        case .rest: rest = index
        }
    }
}
