import FoundationEssentials
import HTTP
import Kernel
import REST
import ServiceHost
import Tokens

/// The OpenAPI document of the whole shop as it is seen through the gateway, and the upstreams whose collections describe
/// themselves there.
struct ShopDocument: Sendable {
    let bytes: Data
    /// The upstream of each `/profile/{collection}`, and its name.
    let profiles: [String: (target: GatewayRoute.Target, name: String)]
}

/// Makes one document of those of the upstreams: an operation stands in it once for each route that leads to it, under the
/// path of that route. Pure: it reads nothing.
struct ShopDocumentMaker: Sendable {
    /// An operation of an upstream, and where it stands in the whole.
    private struct Operation {
        let path: String
        /// The path at the upstream.
        let origin: String
        let method: String
        let content: [String: JSONDocument]
        let upstream: Int
        /// `nil` for a page that the gateway gives without a route.
        let route: GatewayRoute?
    }
    private let table: RouteTable
    private let access: AccessSettings
    private let upstreams: [(target: GatewayRoute.Target, document: UpstreamDocument)]
    /// A sentence for each upstream without a document.
    private let missing: [String]

    init(
        _ table: RouteTable, access: AccessSettings,
        documents: [(target: GatewayRoute.Target, document: UpstreamDocument)], missing: [String]
    ) {
        self.table = table
        self.access = access
        self.missing = missing
        upstreams = documents
    }

    func make() -> ShopDocument {
        var (operations, profiles) = (operations(), [String: (target: GatewayRoute.Target, name: String)]())
        for (index, upstream) in upstreams.enumerated() {
            for path in reachableProfiles(of: index, among: operations) where profiles[path] == nil {
                guard let content = Self.operation(upstream.document.paths[path], "get") else { continue }
                profiles[path] = (upstream.target, upstream.document.name)
                operations.append(
                    Operation(path: path, origin: path, method: "get", content: content, upstream: index, route: nil))
            }
        }
        return ShopDocument(bytes: document(operations).canonicalBytes, profiles: profiles)
    }

    // MARK: Operations

    private func operations() -> [Operation] {
        var operations: [Operation] = []
        // Paths that differ in the names of their variables alone are one path.
        var places: [String: String] = [:]
        var known: Set<String> = []
        for (position, route) in table.routes.enumerated() {
            guard let index = upstreams.firstIndex(where: { $0.target == route.target }) else { continue }
            let paths = upstreams[index].document.paths
            for path in paths.keys.sorted() where !path.hasPrefix(RestProfile.path + "/") && path.hasPrefix("/") {
                guard let seen = route.seenPath(of: path) else { continue }
                let shape = PathSample.shape(of: seen)
                for method in UpstreamDocument.methods {
                    guard let content = Self.operation(paths[path], method), isTaken(seen, method, position),
                        places[shape, default: seen] == seen, known.insert(method + " " + shape).inserted
                    else { continue }
                    places[shape] = seen
                    operations.append(
                        Operation(
                            path: seen, origin: path, method: method,
                            content: Self.adding(
                                PathSample.names(in: seen).subtracting(PathSample.names(in: path)), to: content),
                            upstream: index, route: route))
                }
            }
        }
        return operations
    }

    /// Whether a request comes to the route at `position`, and to none before it in any case.
    private func isTaken(_ path: String, _ method: String, _ position: Int) -> Bool {
        PathSample.all.contains { sample in
            let request = RouteCandidate(
                Request(method: HTTPMethod(rawValue: method.uppercased()), path: sample.fill(path)))
            return table.routes[position].mayTake(request)
                && !table.routes[..<position].contains { $0.isUnconditional && $0.mayTake(request) }
        }
    }

    /// The operation with the parameters of its path; `nil` if there is none.
    private static func operation(_ item: JSONDocument?, _ method: String) -> [String: JSONDocument]? {
        guard case .object(let members)? = item, case .object(var operation)? = members[method] else { return nil }
        if case .list(let common)? = members["parameters"] {
            var own: [JSONDocument] = []
            if case .list(let parameters)? = operation["parameters"] { own = parameters }
            let names = own.map { Self.name(of: $0) }
            operation["parameters"] = .list(common.filter { !names.contains(Self.name(of: $0)) } + own)
        }
        return operation
    }

    /// The operation with the variables that only the path of the route has.
    private static func adding(_ names: Set<String>, to operation: [String: JSONDocument]) -> [String: JSONDocument] {
        guard !names.isEmpty else { return operation }
        var operation = operation
        var parameters: [JSONDocument] = []
        if case .list(let own)? = operation["parameters"] { parameters = own }
        operation["parameters"] = .list(
            names.sorted().map { ["name": .text($0), "in": "path", "required": true, "schema": ["type": "string"]] }
                + parameters)
        return operation
    }

    private static func name(of parameter: JSONDocument) -> [JSONDocument?] {
        guard case .object(let members) = parameter else { return [parameter] }
        return [members["name"], members["in"]]
    }

    /// The collections that describe themselves and of which the whole has an operation.
    private func reachableProfiles(of index: Int, among operations: [Operation]) -> [String] {
        let document = upstreams[index].document
        let origins = Set(operations.filter { $0.upstream == index && $0.route != nil }.map(\.origin))
        return document.paths.keys.sorted().filter { path in
            guard path.hasPrefix(RestProfile.path + "/") else { return false }
            let collection = path.dropFirst(RestProfile.path.count)
            return origins.contains { $0 == collection || $0.hasPrefix(collection + "/") }
        }
    }

    // MARK: The whole

    private func document(_ operations: [Operation]) -> JSONDocument {
        let used = upstreams.indices.map { index in
            upstreams[index].document.components(
                for: operations.filter { $0.upstream == index }
                    .reduce(into: Set<String>()) { $0.formUnion(JSONDocument.object($1.content).references) })
        }
        let names = ComponentNames(used)
        func renamed(_ content: JSONDocument, _ index: Int) -> JSONDocument {
            content.replacingReferences { text in
                ComponentNames.Key(reference: text).map {
                    names.name(of: $0, in: upstreams[index].document.name).reference
                } ?? text
            }
        }
        var components: [String: [String: JSONDocument]] = [:]
        for (index, items) in used.enumerated() {
            for (key, content) in items {
                let name = names.name(of: key, in: upstreams[index].document.name)
                components[name.kind, default: [:]][name.name] = renamed(content, index)
            }
        }
        if access.knowsCallers { components["securitySchemes"] = SecurityRequirement.schemes(access) }
        var paths: [String: [String: JSONDocument]] = [:]
        var identifiers: Set<String> = []
        for operation in operations {
            var content = operation.content
            let service = upstreams[operation.upstream].document.name
            content["tags"] = [.text(service)]
            content["servers"] = nil
            content["security"] = operation.route.flatMap { SecurityRequirement.alternatives($0, access) }
            if case .text(let identifier)? = content["operationId"], !identifiers.insert(identifier).inserted {
                content["operationId"] = nil
            }
            paths[operation.path, default: [:]][operation.method] = renamed(.object(content), operation.upstream)
        }
        var members: [String: JSONDocument] = [
            "openapi": "3.1.0",
            "info": [
                "title": "Sambal", "version": .text(SambalVersion.current),
                "description": .text(
                    (["The operations of the shop, as the routes of its gateway lead to them."]
                        + missing.map { $0 + "." })
                        .joined(separator: " ")),
            ],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": .object(components.mapValues { .object($0) }),
            "tags": .list(
                Set(operations.map { upstreams[$0.upstream].document.name }).sorted().map { ["name": .text($0)] }),
        ]
        if !missing.isEmpty { members["x-sambal-incomplete"] = .list(missing.map { .text($0) }) }
        return .object(members)
    }
}

extension PathSample {
    /// The names of its variables.
    static func names(in path: String) -> Set<String> { Set(orderedNames(in: path)) }

    static func orderedNames(in path: String) -> [String] {
        path.split(separator: "{", omittingEmptySubsequences: false).dropFirst().map { String($0.prefix { $0 != "}" }) }
    }

    /// The path without the names of its variables.
    static func shape(of path: String) -> String {
        path.split(separator: "{", omittingEmptySubsequences: false).enumerated().map { index, part in
            index == 0 ? String(part) : "{" + (part.firstIndex(of: "}").map { String(part[$0...]) } ?? String(part))
        }.joined()
    }
}
