import HTTP
import Kernel

/// A condition on requests. A request belongs to a route if all predicates of the route hold (Spring Cloud Gateway
/// reference, "Route Predicate Factories").
enum RoutePredicate: Sendable {
    case path([PathTemplate])
    case method(Set<String>)
    case host([HostTemplate])
    case header(String, RegularExpression?)
    case query(String, RegularExpression?)
    /// The route's share of the requests of its group.
    case weight(group: String, weight: Int)

    static let names = ["Path", "Method", "Host", "Header", "Query", "Weight"]

    /// Returns the variables of the match; `nil` if the request does not match.
    func match(_ candidate: RouteCandidate) -> [String: String]? {
        switch self {
        case .path(let templates): return templates.lazy.compactMap { $0.match(candidate.path) }.first
        case .method(let methods): return methods.contains(candidate.request.method.rawValue) ? [:] : nil
        case .host(let templates):
            guard let host = candidate.request.headers["Host"] else { return nil }
            return templates.lazy.compactMap { $0.match(host) }.first
        case .header(let name, let expression):
            let values = candidate.request.headers.all(name)
            guard let expression else { return values.isEmpty ? nil : [:] }
            return values.contains { expression.matches($0) } ? [:] : nil
        case .query(let name, let expression):
            let values = candidate.request.queryValues(name)
            guard let expression else { return values.isEmpty ? nil : [:] }
            return values.contains { expression.matches($0) } ? [:] : nil
        case .weight: return [:]
        }
    }

    /// The names of the variables of a match.
    var variables: [String] {
        switch self {
        case .path(let templates): templates.flatMap(\.names)
        case .host(let templates): templates.flatMap(\.names)
        default: []
        }
    }
}

/// A request with its parsed path, for the search of its route.
struct RouteCandidate {
    let request: Request
    let path: RequestPath

    init(_ request: Request) {
        self.request = request
        path = RequestPath(request.path)
    }
}

extension Request {
    /// The values of a query parameter, decoded.
    func queryValues(_ name: String) -> [String] {
        guard !rawQuery.isEmpty else { return [] }
        return rawQuery.utf8.split(separator: UInt8(ascii: "&")).compactMap { part in
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            guard PercentDecoding.decode(Substring(part[..<equals]), plusIsSpace: true) == name else { return nil }
            return PercentDecoding.decode(Substring(part[equals...].dropFirst()), plusIsSpace: true)
        }
    }
}

extension RoutePredicate {
    /// Reads a predicate. Reports the error and returns `nil` if the component is no predicate.
    init?(_ component: RouteComponent) {
        switch component.name {
        case "Path":
            let arguments = component.arguments(
                ["patterns"], gathers: true, more: ["pattern", "matchTrailingSlash", "matchOptionalTrailingSeparator"])
            let texts = arguments.texts("patterns", isRequired: !arguments.has("pattern"))
            let templates = (texts + arguments.texts("pattern", isRequired: false)).compactMap {
                text -> PathTemplate? in
                do { return try PathTemplate(text) } catch {
                    arguments.report("patterns", (error as? PathTemplate.Failure)?.message ?? ErrorText.of(error))
                    return nil
                }
            }
            self = .path(templates)
        case "Method":
            let arguments = component.arguments(["methods"], gathers: true, more: ["method"])
            let texts = arguments.texts("methods", isRequired: !arguments.has("method"))
            let methods = (texts + arguments.texts("method", isRequired: false)).map { $0.uppercased() }
            for method in methods where !Self.methods.contains(method) {
                arguments.report("methods", "must be of \(Self.methods.listed), not \"\(method)\"")
            }
            self = .method(Set(methods))
        case "Host":
            let arguments = component.arguments(["patterns"], gathers: true, more: ["pattern"])
            let texts = arguments.texts("patterns", isRequired: !arguments.has("pattern"))
            self = .host(
                (texts + arguments.texts("pattern", isRequired: false)).compactMap { text -> HostTemplate? in
                    let template = HostTemplate(text)
                    if template == nil { arguments.report("patterns", "has no host pattern \"\(text)\"") }
                    return template
                })
        case "Header":
            let arguments = component.arguments(["header", "regexp"])
            self = .header(arguments.fieldName("header"), arguments.expression("regexp"))
        case "Query":
            let arguments = component.arguments(["param", "regexp"])
            self = .query(arguments.text("param"), arguments.expression("regexp"))
        case "Weight":
            let arguments = component.arguments(["group", "weight"])
            self = .weight(group: arguments.text("group"), weight: arguments.int("weight", in: 0...1_000_000))
        default:
            component.report("is no predicate; there are \(Self.names.listed)")
            return nil
        }
    }

    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
}
