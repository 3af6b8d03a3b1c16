import HTTP
import Kernel
import PaymentProviders
import Storage

/// Stripe's look-ups: one object, lists newest first by cursor, and search by metadata.
extension StripeDialect {
    static let lookups = [
        get("/v1/payment_intents", "Lists PaymentIntents, newest first") { stripe, request in
            let (page, more) = try await stripe.page(request, where: [.equal("chargeId", .null)])
            return try stripe.list(page.map { StripeIntentView($0) }, more, "/v1/payment_intents")
        },
        get("/v1/payment_intents/search", "Finds PaymentIntents by metadata") { try await $0.search($1) },
        get("/v1/payment_intents/{id}", "Shows a PaymentIntent") { stripe, request in
            try .snakeCase(StripeIntentView(try await stripe.intent(try request.parameter("id"))))
        },
        get("/v1/refunds", "Lists refunds, newest first") { stripe, request in
            var conditions: [Condition] = [.equal("action", .text(SimulatorAction.refund.rawValue))]
            if let id = request.query["payment_intent"] { conditions.append(.equal("chargeId", .text(id))) }
            let (page, more) = try await stripe.page(request, where: conditions)
            var refunds: [StripeRefundView] = []
            for line in page { refunds.append(try await stripe.refund(line)) }
            return try stripe.list(refunds, more, "/v1/refunds")
        },
        get("/v1/refunds/{id}", "Shows a refund") { stripe, request in
            let id: String = try request.parameter("id")
            guard let line = try await stripe.charges.find(id), line.action == .refund, line.dialect == .stripe else {
                throw StripeError.notFound("refund: '\(id)'")
            }
            return try .snakeCase(try await stripe.refund(line))
        },
    ]

    static func get(
        _ pattern: String, _ summary: String,
        _ handler: @escaping @Sendable (StripeDialect, Request) async throws -> Response
    ) -> RouteDeclaration<StripeDialect> {
        .get(pattern, summary: summary + ", as Stripe does", statuses: [200, 401, 404]) { stripe, request in
            try await stripe.answer(request) { try await handler(stripe, $0) }
        }
    }

    private func refund(_ line: SimulatedCharge) async throws -> StripeRefundView {
        StripeRefundView(line, of: try await intent(line.chargeId ?? ""))
    }

    /// Names grow with time, so the cursor is a name.
    private func page(
        _ request: Request, where conditions: [Condition]
    ) async throws -> (items: [SimulatedCharge], hasMore: Bool) {
        let limit = try request.query.integer("limit", default: 10, in: 1...100)
        var conditions = conditions + [.equal("dialect", .text(DialectName.stripe.rawValue))] + created(request)
        if let cursor = request.query["starting_after"] { conditions.append(.less("id", .text(cursor))) }
        let found = try await charges.all(
            Query(where: conditions, sort: [Sort("id", descending: true)], limit: limit + 1))
        return (Array(found.prefix(limit)), found.count > limit)
    }

    private func list(_ items: [some Encodable & Sendable], _ hasMore: Bool, _ url: String) throws -> Response {
        try .snakeCase(StripeListView(object: "list", data: items, hasMore: hasMore, url: url))
    }

    /// `metadata['order_id']:'ORD-1'`: the one kind of search that payments need.
    private func search(_ request: Request) async throws -> Response {
        let text = try request.query.required("query")
        let parts = text.split(separator: "']:'", maxSplits: 1)
        guard parts.count == 2, parts[0].hasPrefix("metadata['"), parts[1].hasSuffix("'")
        else { throw StripeError.invalid("The simulator searches by metadata['…']:'…' only", param: "query") }
        let name = String(parts[0].dropFirst(10))
        let value = String(parts[1].dropLast()).replacing("\\'", with: "'").replacing("\\\\", with: "\\")
        let conditions: [Condition] = [
            .equal("dialect", .text(DialectName.stripe.rawValue)), .equal("chargeId", .null),
        ]
        let lines = try await charges.all(
            Query(where: conditions, sort: [Sort("id", descending: true)], limit: 10_000))
        let found = lines.filter { $0.stripeMetadata[name] == value }.prefix(100)
        return try .snakeCase(
            StripeListView(
                object: "search_result", data: found.map { StripeIntentView($0) }, hasMore: false,
                url: "/v1/payment_intents/search"))
    }
}
