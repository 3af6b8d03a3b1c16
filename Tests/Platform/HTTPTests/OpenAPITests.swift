import FoundationEssentials
import HTTP
import Kernel
import Testing

@Suite struct OpenAPITests {
    enum Status: String, Codable, CaseIterable { case placed, paid }
    struct Line: Codable {
        let sku: String
        let quantity: Int
    }
    struct Node: Codable {
        let name: String
        let children: [Node]
    }
    struct Order: Codable {
        let id: String
        let status: Status
        let total: Money
        let placed: Timestamp
        let lines: [Line]
        let note: String?
        let billing: Line?
        let labels: [String: Int]
        let tree: Node
        let number: Int64
    }

    private func document(_ routes: [Route]) throws -> Any {
        try JSONDecoder().decode(Tree.self, from: OpenAPI.document(title: "t", version: "1", routes: routes)).value
    }

    private func at(_ document: Any, _ path: String...) -> Any? {
        path.reduce(document as Any?) { ($0 as? [String: Any])?[$1] }
    }

    @Test func a_type_is_described_down_to_its_parts() throws {
        let document = try document([
            .get("/orders/{id}", summary: "One order", answers: Order.self) { _ in .text("") }
        ])
        let order = try #require(at(document, "components", "schemas", "Order", "properties"))
        #expect(at(order, "id", "type") as? String == "string")
        #expect(at(order, "status", "enum") as? [String] == ["placed", "paid"])
        #expect(at(order, "placed", "format") as? String == "date-time")
        #expect(at(order, "lines", "items", "$ref") as? String == "#/components/schemas/Line")
        #expect(at(order, "billing", "$ref") as? String == "#/components/schemas/Line")
        #expect(at(order, "labels", "additionalProperties", "type") as? String == "integer")
        #expect(at(order, "tree", "$ref") as? String == "#/components/schemas/Node")
        #expect(at(order, "number", "format") as? String == "int64")
        let required = at(document, "components", "schemas", "Order", "required") as? [String]
        #expect(required?.contains("note") == false)
        #expect(required?.contains("total") == true)
        let node = at(document, "components", "schemas", "Node", "properties", "children", "items", "$ref")
        #expect(node as? String == "#/components/schemas/Node")
        #expect(at(document, "components", "schemas", "Money", "properties", "currency", "type") as? String == "string")
    }

    @Test func an_operation_names_its_body_its_parameters_and_its_problems() throws {
        let document = try document([
            .post("/orders/{id}/lines", summary: "Add", body: Line.self, statuses: [201, 409]) { _, _ in .text("") }
                .queryParameters(QueryParameter("dry", .boolean))
        ])
        let post = try #require(at(document, "paths", "/orders/{id}/lines", "post"))
        #expect(at(post, "summary") as? String == "Add")
        let body = at(post, "requestBody", "content", "application/json", "schema", "$ref")
        #expect(body as? String == "#/components/schemas/Line")
        let parameters = try #require(at(post, "parameters") as? [[String: Any]])
        #expect(parameters.map { $0["name"] as? String } == ["id", "dry"])
        #expect(parameters.map { $0["in"] as? String } == ["path", "query"])
        let problem = at(post, "responses", "409", "content", "application/problem+json", "schema", "$ref")
        #expect(problem as? String == "#/components/schemas/Problem")
        #expect(at(post, "responses", "default") != nil)
    }

    @Test func headers_and_a_body_that_may_be_missing_are_told() throws {
        let document = try document([
            .post("/orders", summary: "Order") { _ in .text("") }
                .requestHeader("Idempotency-Key", isRequired: true).requestHeader("Prefer")
                .optionalBody(Line.self)
        ])
        let post = try #require(at(document, "paths", "/orders", "post"))
        let parameters = try #require(at(post, "parameters") as? [[String: Any]])
        #expect(parameters.map { $0["name"] as? String } == ["Idempotency-Key", "Prefer"])
        #expect(parameters.map { $0["in"] as? String } == ["header", "header"])
        #expect(parameters.map { $0["required"] as? Bool } == [true, false])
        #expect(at(post, "requestBody", "required") as? Bool == false)
        let body = at(post, "requestBody", "content", "application/json", "schema", "$ref")
        #expect(body as? String == "#/components/schemas/Line")
    }

    @Test func errors_of_a_foreign_interface_are_of_its_own_kind() throws {
        let document = try document([
            .get("/v1/things", summary: "Things", answers: Line.self, statuses: [200, 304, 400, 402]) { _ in .text("") }
                .errorContentType("application/json")
        ])
        let responses = try #require(at(document, "paths", "/v1/things", "get", "responses"))
        #expect(at(responses, "402", "content", "application/json") != nil)
        #expect(at(responses, "402", "content", "application/problem+json") == nil)
        // The listener refuses some requests before the route sees them.
        #expect(at(responses, "400", "content", "application/json") != nil)
        #expect(at(responses, "400", "content", "application/problem+json") != nil)
        #expect(at(responses, "default", "content", "application/json") != nil)
        #expect(at(responses, "default", "content", "application/problem+json") != nil)
        #expect(at(responses, "304", "description") as? String == "Not Modified")
        #expect(at(responses, "304", "content") == nil)
    }

    @Test func the_same_routes_give_the_same_bytes() {
        let routes: [Route] = [.get("/a", summary: "A", answers: Order.self) { _ in .text("") }]
        let first = OpenAPI.document(title: "t", version: "1", routes: routes)
        #expect(OpenAPI.document(title: "t", version: "1", routes: routes) == first)
    }
}

/// Any JSON value, for looking into documents.
private struct Tree: Decodable {
    let value: Any

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let members = try? container.decode([String: Tree].self) {
            value = members.mapValues(\.value)
        } else if let elements = try? container.decode([Tree].self) {
            let values = elements.map(\.value)
            value = (values as? [String]) ?? (values as? [[String: Any]]) ?? values
        } else if let text = try? container.decode(String.self) {
            value = text
        } else if let flag = try? container.decode(Bool.self) {
            value = flag
        } else {
            value = try container.decode(Double.self)
        }
    }
}
