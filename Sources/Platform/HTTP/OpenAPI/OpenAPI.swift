public import FoundationEssentials
import Kernel

/// The OpenAPI 3.1 document of a table of routes.
public enum OpenAPI {
    /// JSON, the same bytes for the same routes. Schemas are derived from the routes' types.
    public static func document(title: String, version: String, routes: [Route]) -> Data {
        let probe = SchemaProbe()
        var paths: [String: JSONDocument] = [:]
        for route in routes {
            let path = path(of: route)
            var operations: [String: JSONDocument] = [:]
            if case .object(let known) = paths[path] { operations = known }
            operations[route.method.rawValue.lowercased()] = operation(route, probe)
            paths[path] = .object(operations)
        }
        var schemas = probe.definitions.mapValues(\.json)
        schemas[problemName] = problem.json
        let document: JSONDocument = [
            "openapi": "3.1.0",
            "info": ["title": .text(title), "version": .text(version)],
            "paths": .object(paths),
            "components": ["schemas": .object(schemas)],
        ]
        return document.canonicalBytes
    }

    private static func operation(_ route: Route, _ probe: SchemaProbe) -> JSONDocument {
        var members: [String: JSONDocument] = [
            "summary": .text(route.summary), "responses": .object(responses(route, probe)),
        ]
        let parameters = pathParameters(route) + route.queryParameters.map(json) + route.headers.map(json)
        if !parameters.isEmpty { members["parameters"] = .list(parameters) }
        if let body = route.body ?? route.optionalBodyType {
            members["requestBody"] = [
                "required": .boolean(route.body != nil), "content": content("application/json", probe.schema(of: body)),
            ]
        }
        return .object(members)
    }

    private static func responses(_ route: Route, _ probe: SchemaProbe) -> [String: JSONDocument] {
        let hasOwnErrors = route.errorContentType != Problem.contentType
        let problem: [String: JSONDocument] = [Problem.contentType: ["schema": Schema.reference(problemName).json]]
        let errors = hasOwnErrors ? [route.errorContentType: ["schema": Schema.any.json]] : problem
        var responses: [String: JSONDocument] = [
            "default": [
                "description": "Problem details (RFC 9457)",
                "content": .object(problem.merging(errors) { first, _ in first }),
            ]
        ]
        for status in route.statuses {
            let isSuccess = (200..<300).contains(status)
            responses[String(status)] =
                if status == 304 {
                    ["description": .text(reason(status))]
                } else if !isSuccess {
                    [
                        "description": .text(reason(status)),
                        "content": .object(
                            refusedInFront.contains(status) ? problem.merging(errors) { first, _ in first } : errors),
                    ]
                } else if let answers = route.answers, status != 204 {
                    [
                        "description": .text(reason(status)),
                        "content": content(route.contentType, probe.schema(of: answers)),
                    ]
                } else {
                    ["description": .text(reason(status))]
                }
        }
        return responses
    }

    /// Statuses by which the listener refuses a request before its route sees it, always with problem details.
    private static let refusedInFront: Set = [400, 408, 413, 415, 421, 431, 503]

    private static func content(_ type: String, _ schema: Schema) -> JSONDocument {
        .object([type: ["schema": schema.json]])
    }

    private static func pathParameters(_ route: Route) -> [JSONDocument] {
        guard let pattern = try? PathPattern(route.pattern) else { return [] }
        return pattern.names.map { name in
            [
                "name": .text(name == PathPattern.restName ? "rest" : name), "in": "path", "required": true,
                "schema": Schema.string().json,
            ]
        }
    }

    private static func json(_ parameter: QueryParameter) -> JSONDocument {
        var members: [String: JSONDocument] = [
            "name": .text(parameter.name), "in": "query", "required": .boolean(parameter.isRequired),
            "schema": parameter.schema.json,
        ]
        if let description = parameter.description { members["description"] = .text(description) }
        return .object(members)
    }

    private static func json(_ header: RequestHeader) -> JSONDocument {
        [
            "name": .text(header.name), "in": "header", "required": .boolean(header.isRequired),
            "schema": Schema.string().json,
        ]
    }

    /// OpenAPI has no parameter that spans several parts of a path; this is the nearest.
    private static func path(of route: Route) -> String {
        route.pattern.hasSuffix("/**") ? route.pattern.dropLast(2) + "{rest}" : route.pattern
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        default: Problem.reason(status)
        }
    }

    private static let problemName = "Problem"
    private static let problem = Schema.object([
        .init("type", .string(format: "uri-reference")), .init("title", .string()), .init("status", .integer()),
        .init("detail", .string(), isRequired: false),
        .init("instance", .string(format: "uri-reference"), isRequired: false),
        .init(
            "errors", .array(.object([.init("field", .string()), .init("message", .string())])), isRequired: false),
    ])
}

/// A parameter of the query, for the OpenAPI document.
public struct QueryParameter: Sendable, Hashable {
    public let name: String
    public let schema: Schema
    public let isRequired: Bool
    public let description: String?

    public init(_ name: String, _ schema: Schema = .string(), isRequired: Bool = false, description: String? = nil) {
        self.name = name
        self.schema = schema
        self.isRequired = isRequired
        self.description = description
    }
}
