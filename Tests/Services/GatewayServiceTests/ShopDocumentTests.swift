import Foundation
import HTTP
import Kernel
import ServiceTestSupport
import Synchronization
import Testing

@testable import GatewayService

/// The document of the whole shop at the gateway.
@Suite struct ShopDocumentTests {
    /// Services with documents, which can be away.
    private final class Services: Sendable {
        let absent = Mutex<Set<String>>([])
        let fetches = Mutex<[String: Int]>([:])

        func register(_ name: String, _ document: String, in gateway: ServiceUnderTest) {
            gateway.transport.register(name) { [self] request in
                fetches.withLock { $0[name, default: 0] += 1 }
                if absent.withLock({ $0.contains(name) }) { return Response(status: 503) }
                switch request.path {
                case "/openapi.json": return Response(status: 200, body: Data(document.utf8))
                case "/profile/orders":
                    return Response(
                        status: 200, headers: ["Content-Type": "application/schema+json"],
                        body: Data("{\"title\":\"order of \(name)\"}".utf8))
                default: return Response(status: 200)
                }
            }
        }
    }

    private static func document(_ paths: String, _ schemas: String = "") -> String {
        #"{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{\#(paths)},"components":{"schemas":{\#(schemas)}}}"#
    }

    private static func answer(_ schema: String) -> String {
        ##"{"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/\##(schema)"}}}}}}"##
    }

    private static let order = document(
        """
        "/orders":{"parameters":[{"name":"q","in":"query","schema":{}}],"get":\(answer("Page")),"post":\(answer("Order"))},
        "/orders/{id}":{"get":\(answer("Order"))},
        "/sagas":{"get":\(answer("Order"))},
        "/profile/orders":{"get":{"responses":{"200":{"description":"OK"}}}},
        "/profile/sagas":{"get":{"responses":{"200":{"description":"OK"}}}}
        """,
        #"""
        "Order":{"type":"object","properties":{"of":{"$ref":"#/components/schemas/Money"}}},
        "Page":{"type":"array","items":{"$ref":"#/components/schemas/Order"}},
        "Money":{"type":"integer"},"Unused":{"type":"null"},"Problem":{"type":"object"}
        """#)
    private static let payment = document(
        """
        "/payments":{"get":\(answer("Page"))},"/payments/{id}":{"get":\(answer("Problem"))},"/ledger":{"get":\(answer("Page"))}
        """,
        #"""
        "Page":{"type":"array","items":{"$ref":"#/components/schemas/Order"}},
        "Order":{"type":"object","properties":{"of":{"$ref":"#/components/schemas/Money"}}},
        "Money":{"type":"string"},"Problem":{"type":"object"}
        """#)

    private static let yaml = """
        access: {apiKeys: true, issuers: [{issuer: till, audience: shop, secret: 0123456789abcdef-a-secret-of-the-till}]}
        routes:
          - {id: read, uri: order, predicates: ["Path=/orders/**", "Method=GET"]}
          - {id: write, uri: order, predicates: ["Path=/orders/**"], filters: [RequireToken]}
          - {id: pay, uri: payment, predicates: ["Path=/shop/payments/**"], filters: [StripPrefix=1, "RequireRole=a, b", "RequireRole=c"]}
          - {id: shadowed, uri: payment, predicates: ["Path=/orders/**"], filters: [StripPrefix=1]}
        """

    private static func run(
        _ yaml: String = yaml, _ body: @escaping @Sendable (ServiceUnderTest, Services) async throws -> Void
    ) async throws {
        try await ServiceUnderTest.run(GatewayService.self, yaml) { gateway in
            let services = Services()
            services.register("order", order, in: gateway)
            services.register("payment", payment, in: gateway)
            try await body(gateway, services)
        }
    }

    /// The member at the path of names; `nil` if there is none.
    private static func member(_ document: JSONDocument?, _ names: String...) -> JSONDocument? {
        names.reduce(document) { if case .object(let members)? = $0 { members[$1] } else { nil } }
    }

    private static func names(_ document: JSONDocument?) -> [String] {
        if case .object(let members)? = document { members.keys.sorted() } else { [] }
    }

    private static func document(of gateway: ServiceUnderTest) async throws -> JSONDocument {
        let answer = try await gateway.send(.get, "/openapi.json")
        #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/json")
        return try JSON.decode(JSONDocument.self, from: answer.body)
    }

    @Test func operations_stand_under_the_paths_of_the_routes_that_lead_to_them() async throws {
        try await Self.run { gateway, _ in
            let document = try await Self.document(of: gateway)
            #expect(
                Self.names(Self.member(document, "paths")) == [
                    "/orders", "/orders/{id}", "/profile/orders", "/shop/payments", "/shop/payments/{id}",
                ])
            #expect(Self.names(Self.member(document, "paths", "/orders")) == ["get", "post"])
            #expect(Self.member(document, "paths", "/orders", "get", "tags") == ["order"])
            #expect(
                Self.member(document, "paths", "/orders", "get", "parameters")
                    == [["name": "q", "in": "query", "schema": [:]]])
            #expect(Self.member(document, "x-sambal-incomplete") == nil)
            #expect(Self.member(document, "openapi") == "3.1.0")
            #expect(Self.member(document, "tags") == [["name": "order"], ["name": "payment"]])
        }
    }

    @Test func components_that_differ_in_what_they_mean_keep_apart() async throws {
        try await Self.run { gateway, _ in
            let document = try await Self.document(of: gateway)
            let schemas = Self.member(document, "components", "schemas")
            // Order and Page read the same in both documents, and lead to another Money.
            #expect(
                Self.names(schemas) == [
                    "Problem", "order.Money", "order.Order", "order.Page", "payment.Money", "payment.Order",
                    "payment.Page",
                ])
            func reference(_ path: String) -> JSONDocument? {
                Self.member(
                    document, "paths", path, "get", "responses", "200", "content", "application/json", "schema", "$ref")
            }
            #expect(reference("/orders/{id}") == "#/components/schemas/order.Order")
            #expect(reference("/shop/payments") == "#/components/schemas/payment.Page")
            #expect(reference("/shop/payments/{id}") == "#/components/schemas/Problem")
            #expect(
                Self.member(schemas, "payment.Page", "items", "$ref") == "#/components/schemas/payment.Order")
            for reference in document.references {
                let key = try #require(ComponentNames.Key(reference: reference))
                #expect(Self.member(document, "components", key.kind, key.name) != nil, "\(reference)")
            }
        }
    }

    @Test func closed_routes_say_what_they_ask_for() async throws {
        try await Self.run { gateway, _ in
            let document = try await Self.document(of: gateway)
            #expect(Self.member(document, "paths", "/orders", "get", "security") == nil)
            #expect(
                Self.member(document, "paths", "/orders", "post", "security")
                    == [["accessToken": []], ["apiKey": []]])
            #expect(
                Self.member(document, "paths", "/shop/payments", "get", "security") == [
                    ["accessToken": ["a", "c"]], ["accessToken": ["b", "c"]], ["apiKey": ["a", "c"]],
                    ["apiKey": ["b", "c"]],
                ])
            #expect(
                Self.member(document, "components", "securitySchemes") == [
                    "accessToken": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
                    "apiKey": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
                ])
        }
    }

    @Test func an_answer_without_a_service_says_so_until_the_service_is_back() async throws {
        try await Self.run { gateway, services in
            services.absent.withLock { $0 = ["payment"] }
            let partial = try await Self.document(of: gateway)
            #expect(
                Self.member(partial, "x-sambal-incomplete")
                    == ["payment answers with the status 503 at /openapi.json"])
            #expect(Self.names(Self.member(partial, "paths")) == ["/orders", "/orders/{id}", "/profile/orders"])
            services.absent.withLock { $0 = [] }
            // It is not asked again at once.
            #expect(try await Self.document(of: gateway) == partial)
            try await gateway.loop.sleep(for: .seconds(6))
            let whole = try await Self.document(of: gateway)
            #expect(Self.names(Self.member(whole, "paths")).count == 5)
            #expect(services.fetches.withLock { $0 } == ["order": 1, "payment": 2])
            // Its document is known now, and stays.
            services.absent.withLock { $0 = ["payment", "order"] }
            try await gateway.loop.sleep(for: .seconds(61))
            #expect(try await Self.document(of: gateway) == whole)
        }
    }

    @Test func those_who_ask_at_once_cause_one_fetch() async throws {
        try await Self.run { gateway, services in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await gateway.send(.get, "/openapi.json").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 40))
            #expect(services.fetches.withLock { $0 } == ["order": 1, "payment": 1])
        }
    }

    @Test func links_to_profiles_lead_to_the_service_that_has_the_collection() async throws {
        try await Self.run { gateway, services in
            let profile = try await gateway.send(.get, "/profile/orders")
            #expect(profile.status == 200 && profile.text == "{\"title\":\"order of order\"}")
            #expect(profile.headers["Content-Type"] == "application/schema+json")
            let list = try await gateway.send(.get, "/profile")
            #expect(list.text.contains("\"orders\":{\"href\":\"/profile/orders\"}") && !list.text.contains("sagas"))
            // No route leads to that collection.
            #expect(try await gateway.send(.get, "/profile/sagas").status == 404)
            #expect(try await gateway.send(.post, "/profile/orders").status == 405)
        }
    }

    @Test func descriptions_are_remembered_and_stay_while_their_service_is_away() async throws {
        try await Self.run { gateway, services in
            _ = try await Self.document(of: gateway)
            services.absent.withLock { $0 = ["order"] }
            for _ in 0..<3 { #expect(try await gateway.send(.get, "/profile/orders").status == 503) }
            #expect(services.fetches.withLock { $0["order"] } == 2)
            services.absent.withLock { $0 = [] }
            try await gateway.loop.sleep(for: .seconds(6))
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await gateway.send(.get, "/profile/orders").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 20))
            #expect(services.fetches.withLock { $0["order"] } == 3)
            services.absent.withLock { $0 = ["order"] }
            try await gateway.loop.sleep(for: .seconds(61))
            #expect(try await gateway.send(.get, "/profile/orders").text == "{\"title\":\"order of order\"}")
        }
    }

    @Test func hosts_and_ports_behind_the_gateway_are_not_published() async throws {
        let yaml = """
            routes:
              - {id: inner, uri: "http://10.1.2.3:9000", predicates: ["Path=/orders/**"]}
              - {id: away, uri: "http://10.1.2.4:9000", predicates: ["Path=/payments/**"]}
            """
        try await ServiceUnderTest.run(GatewayService.self, yaml) { gateway in
            let services = Services()
            services.register("10.1.2.3:9000", Self.order, in: gateway)
            let document = try await Self.document(of: gateway)
            #expect(Self.names(Self.member(document, "paths")).contains("/orders/{id}"))
            #expect(Self.member(document, "tags") == [["name": "inner"]])
            #expect(Self.member(document, "x-sambal-incomplete") == ["away does not answer"])
            services.absent.withLock { $0 = ["10.1.2.3:9000"] }
            let profile = try await gateway.send(.get, "/profile/orders")
            #expect(profile.status == 503)
            for answer in [profile.text, try await gateway.send(.get, "/openapi.json").text] {
                #expect(!answer.contains("10.1.2") && !answer.contains("9000"))
            }
        }
    }

    @Test func all_documents_together_are_bounded() async throws {
        let names = ["order", "payment", "delivery", "dashboard", "notification", "product"]
        let routes = names.map { "  - {path: /\($0)/**, service: \($0)}\n" }.joined()
        try await ServiceUnderTest.run(GatewayService.self, "routes:\n" + routes) { gateway in
            let services = Services()
            let padding = String(repeating: " ", count: 3 << 20)
            for name in names { services.register(name, Self.document("\"/\(name)\":{}") + padding, in: gateway) }
            let document = try await Self.document(of: gateway)
            #expect(
                Self.member(document, "x-sambal-incomplete")
                    == ["product has a document with which all have more than 16 MiB"])
        }
    }

    @Test func another_configuration_has_another_document() async throws {
        try await Self.run { gateway, services in
            _ = try await Self.document(of: gateway)
            try await gateway.takeOver("routes: [{path: /payments/**, service: payment}]")
            let document = try await Self.document(of: gateway)
            #expect(Self.names(Self.member(document, "paths")) == ["/payments", "/payments/{id}"])
            #expect(Self.member(document, "components", "securitySchemes") == nil)
            #expect(services.fetches.withLock { $0 } == ["order": 1, "payment": 1])
        }
    }

    @Test func a_route_may_take_the_paths_of_the_pages() async throws {
        try await ServiceUnderTest.gateway(route(predicates: ["Path=/**"])) { gateway, upstreams in
            let (document, profile) = (
                try await gateway.send(.get, "/openapi.json"), try await gateway.send(.get, "/profile/orders")
            )
            #expect(document.text == "ok" && profile.text == "ok")
            #expect(upstreams.requests.map(\.path) == ["/openapi.json", "/profile/orders"])
        }
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"openapi":"3.0.3","paths":{}}"#, #"{"openapi":"3.1.0","paths":[]}"#, "{\"openapi\":",
    ])
    func what_is_no_document_is_refused(text: String) {
        let fault = #expect(throws: UpstreamDocument.Fault.self) { try UpstreamDocument("order", Data(text.utf8)) }
        #expect(fault?.description == "has no OpenAPI 3.1 document at /openapi.json")
    }

    @Test func a_document_that_is_too_large_is_refused() {
        let fault = #expect(throws: UpstreamDocument.Fault.self) {
            try UpstreamDocument("order", Data(repeating: 0x20, count: UpstreamDocument.limit + 1))
        }
        #expect(fault?.description == "has a document of more than 4 MiB")
    }
}
