import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import ServiceTestSupport

/// Asks every route of every service for every kind of caller, and writes down the answers: docs/reference/access.md.
struct AccessTable: Sendable {
    /// The callers of the page, the ones that are refused most first: they leave a shop as it was.
    static let callers: [(title: String, caller: Caller?)] = [
        ("customer, another's", Caller(subject: "eve", issuer: "shop", roles: ["customer"])),
        ("seller, another branch", Caller(subject: "budi", issuer: "shop", roles: ["seller", "branch:2"])),
        ("customer, own", owner),
        ("seller, own branch", Caller(subject: "sari", issuer: "shop", roles: ["seller", "branch:1"])),
        ("operator", Caller(subject: "olga", issuer: "shop", roles: ["operator"])),
        ("service", Caller(subject: "till", issuer: "shop", roles: ["service"])),
        ("nobody", nil),
    ]
    static let owner = Caller(subject: "anna", issuer: "shop")

    struct Row: Sendable {
        let service: String
        let route: String
        /// In the order of the callers.
        let answers: [String]
    }
    private(set) var rows: [Row] = []

    static func made() async throws -> AccessTable {
        var table = AccessTable()
        table.rows = try await readings()
        for errand in Errand.all where !errand.isRepeated {
            table.rows.append(
                Row(service: errand.service, route: errand.route, answers: try await changes(errand)))
        }
        return table
    }

    /// Each caller finds the shop as it was: a new one is made once somebody has changed something.
    private static func changes(_ errand: Errand) async throws -> [String] {
        var answers: [String] = []
        while answers.count < callers.count {
            let rest = callers.dropFirst(answers.count)
            answers += try await PreparedShop.run(for: errand, ownedBy: owner) { shop in
                var statuses: [String] = []
                for (_, caller) in rest {
                    let answer = try await shop.send(errand, as: caller)
                    statuses.append("\(answer.status)")
                    guard answer.status == 403 || answer.status == 404 else { break }
                }
                return statuses
            }
        }
        return answers
    }

    private static func readings() async throws -> [Row] {
        let all = Errand(service: "", method: .get, path: "{order}{payment}{delivery}{authorised}")
        return try await PreparedShop.run(for: all, ownedBy: owner, all: true) { shop in
            let shop = try await ReadableShop(shop)
            var rows: [Row] = []
            for service in (PreparedShop.shop + PreparedShop.others).map({ $0.name }).filter({ $0 != "psp" }) {
                for (path, query) in try await shop.reads(service) {
                    var answers: [String] = []
                    for (_, caller) in callers {
                        answers.append(try await shop.get(service, path, query, as: caller))
                    }
                    rows.append(Row(service: service, route: "GET \(path)", answers: answers))
                }
            }
            return rows
        }
    }

    var markdown: String {
        var text = """
            # Access

            This page is generated from a test that asks every route of every service for every kind of caller, on a shop
            in which a customer has bought at branch 1. A number in brackets is that of the items of a list.
            [access.md](../access.md) says who callers are and what is theirs.

            *Nobody* stands for requests without a caller: those of the embedded default, and of gateway routes that ask
            for no token. A gateway route with `RequireToken` answers them with 401, and so it does to tokens that
            are not valid. 404 is the answer for what does not exist, to the letter.

            """
        // As people read them: nobody first, then those who may do less and less.
        let order = [6, 5, 4, 3, 1, 2, 0]
        let services = rows.map(\.service).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        for service in services {
            text += "\n## \(service)\n\n| route | "
            text += order.map { Self.callers[$0].title }.joined(separator: " | ") + " |\n"
            text += String(repeating: "|---", count: order.count + 1) + "|\n"
            for row in rows.filter({ $0.service == service }).sorted(by: { $0.sortKey < $1.sortKey }) {
                text += "| `\(row.route)` | " + order.map { row.answers[$0] }.joined(separator: " | ") + " |\n"
            }
        }
        return text
    }
}

extension AccessTable.Row {
    fileprivate var sortKey: String { route.split(separator: " ").reversed().joined(separator: " ") }
}

extension Errand {
    /// Another errand is the same but for its key.
    fileprivate var isRepeated: Bool {
        isKeyed
            && Self.all.contains { other in
                !other.isKeyed && other.service == service && other.path == path && other.method == method
            }
    }

    /// The route as people read it: placeholders are all ids.
    fileprivate var route: String {
        var path = String(path.prefix { $0 != "?" })
        for name in [
            "order", "payment", "authorised", "difference", "customer", "cart", "delivery", "task", "saga", "letter",
        ] {
            path = path.replacing("{\(name)}", with: "{id}")
        }
        for name in ["second", "address"] { path = path.replacing("{\(name)}", with: "{addressId}") }
        for name in ["ORD-NEW", "ORD-KEPT", "products/7", "products/1", "products/2"] {
            let parts = name.split(separator: "/")
            path = path.replacing(name, with: parts.count > 1 ? "\(parts[0])/{id}" : "{id}")
        }
        return "\(method) \(path)".replacing("items/1", with: "items/{sauceId}")
    }
}

/// A prepared shop with one item at least behind every route that reads.
private struct ReadableShop: Sendable {
    private var shop: PreparedShop
    private var ids: [String: String] = [:]

    init(_ shop: PreparedShop) async throws {
        self.shop = shop
        let services = shop.services
        let checkout = try await services.make(
            .post, "cart", shop.text("/carts/{cart}/checkout"), "", key: "READ-1", as: shop.owner
        ).id
        for preparation in [Errand.Preparation.deadLetter, .difference, .orderTask] {
            try await self.shop.prepare(preparation)
        }
        ids["order /tasks/{id}"] = self.shop.names["task"]
        try await self.shop.prepare(.paymentTask)
        ids["payment /tasks/{id}"] = self.shop.names["task"]
        let other = try await services.make(
            .post, "order", "/orders", #"{"branchId": 2, "sauceId": 1, "qty": 1, "price": 5000}"#
        ).id
        try await services.until {
            try await services.send(.get, "order", "/orders/\(other)").json(PreparedShop.Made.self).status == "PAID"
        }
        ids["order /sagas/refund/{id}"] = try await services.make(
            .post, "order", "/orders/\(other)/refunds", #"{"amount": 10}"#, key: "READ-2"
        ).id
        try await services.make(.post, "order", "/orders/\(checkout)/cancel", "")
        try await services.until {
            let messages = try await services.send(
                .get, "notification", "/messages/search/findByOrderId?orderId=\(checkout)")
            return messages.text.contains("cancelled-buyer-email")
        }
        ids["order /orders/{id}"] = checkout
        ids["order /sagas/cancellation/{id}"] = try await first("order", "/sagas/cancellation")
        ids["cart /sagas/checkout/{id}"] = checkout
        ids["cart /checkouts/{id}"] = checkout
        ids["notification /messages/{id}"] = "MSG-\(checkout)-paid-buyer-email"
        ids["dashboard /orderDashboards/{id}"] = checkout
        ids["product /stocks/{id}"] = "1-1"
        ids["product /reservations/{id}"] = "ORD-KEPT"
        ids["product /products/{id}"] = "1"
        for (service, path) in [
            ("product", "/stocks/adjustments"), ("payment", "/api/ledger"), ("payment", "/api/reconciliations"),
            ("payment", "/api/differences"), ("delivery", "/dead-letters"),
        ] { ids["\(service) \(path)/{id}"] = try await first(service, path) }
        for (service, path, name) in [
            ("customer", "/customers", "customer"), ("cart", "/carts", "cart"), ("payment", "/payments", "payment"),
            ("delivery", "/deliveries", "delivery"),
        ] { ids["\(service) \(path)/{id}"] = self.shop.names[name] }
        ids["payment /api/payments/orders/{orderId}"] = shop.names["order"]
    }

    private func first(_ service: String, _ path: String) async throws -> String {
        struct Page: Decodable {
            let _embedded: [String: [PreparedShop.Identified]]
        }
        return try await shop.services.send(.get, service, path).json(Page.self)._embedded.values.first?.first?.id ?? ""
    }

    /// The paths of a service that can be read, with the query that they ask for.
    func reads(_ service: String) async throws -> [(path: String, query: String)] {
        let paths = try await shop.services.send(.get, service, "/openapi.json").json(Description.self).paths
        return paths.compactMap { path, methods in
            guard let get = methods["get"] else { return nil }
            // Of dead letters, one service stands for all.
            guard service == "delivery" || !path.hasPrefix("/dead-letters") else { return nil }
            let needed = (get.parameters ?? []).filter { $0.in == "query" && $0.required == true }.map(\.name)
            return (path, needed.map { "\($0)=\(QueryString.encode(value(of: $0, service)))" }.joined(separator: "&"))
        }.sorted { $0.path < $1.path }
    }

    /// Values that something of the shop has.
    private func value(of field: String, _ service: String) -> String {
        switch field {
        case "orderId": shop.names["order"] ?? ""
        case "paymentId": shop.names["payment"] ?? ""
        case "customerId": shop.names["customer"] ?? ""
        case "cartId": shop.names["cart"] ?? ""
        case "email": "buyer@example.com"
        case "name": service == "customer" ? "Buyer" : "Sambal 1"
        case "isActive": "true"
        case "channel": "email"
        case "state": "OPEN"
        case "paymentStatus": "PAID"
        case "fulfilmentStatus": "STARTED"
        case "status": ["payment": "CAPTURED", "delivery": "STARTED", "cart": "COMPLETED"][service] ?? "PAID"
        default: "1"
        }
    }

    func get(_ service: String, _ path: String, _ query: String, as caller: Caller?) async throws -> String {
        let collection = path.split(separator: "/").prefix { !$0.hasPrefix("{") }.joined(separator: "/")
        let placeholder = path.contains("{orderId}") ? "{orderId}" : "{id}"
        let id = ids["\(service) /\(collection)/\(placeholder)"] ?? ""
        var headers = Headers()
        caller?.write(to: &headers)
        let target =
            path.replacing(placeholder, with: id).replacing("{rest}", with: "app.js")
            .replacing("{addressId}", with: shop.names["address"] ?? "") + (query.isEmpty ? "" : "?" + query)
        let answer = try await shop.services.send(.get, service, target, headers: headers)
        let total = (try? answer.json(Paged.self))?.page.totalElements
        return "\(answer.status)" + (answer.status == 200 ? total.map { " (\($0))" } ?? "" : "")
    }

    private struct Paged: Decodable {
        struct Numbers: Decodable { let totalElements: Int }
        let page: Numbers
    }
    private struct Description: Decodable {
        struct Parameter: Decodable {
            let name: String
            let `in`: String
            let required: Bool?
        }
        struct Operation: Decodable { let parameters: [Parameter]? }
        let paths: [String: [String: Operation]]
    }
}

extension PreparedShop {
    struct Identified: Decodable { let id: String }
}
