import HTTP
import Kernel
import PaymentProviders
import Storage

/// Disputes, and the list of what moved on the balance.
extension StripeDialect {
    static let balanceLookups = [
        get("/v1/disputes", "Lists disputes, newest first") { stripe, request in
            try .snakeCase(
                StripeListView(
                    object: "list", data: try await stripe.disputes(of: request.query["payment_intent"]),
                    hasMore: false,
                    url: "/v1/disputes"))
        },
        get("/v1/balance_transactions", "Lists what moved on the balance, newest first") { try await $0.balance($1) },
    ]

    /// Each as it stands now.
    private func disputes(of intent: String?) async throws -> [StripeDisputeView] {
        var conditions: [Condition] = [
            .equal("action", .text(SimulatorAction.dispute.rawValue)),
            .equal("dialect", .text(DialectName.stripe.rawValue)),
        ]
        if let intent { conditions.append(.equal("chargeId", .text(intent))) }
        let lines = try await charges.all(
            Query(where: conditions, sort: [Sort("id", descending: true)], limit: 1000))
        var views: [StripeDisputeView] = []
        for line in lines where !views.contains(where: { $0.id == line.about }) {
            let moved = lines.filter { $0.about == line.about && $0.movesBalance }
            views.append(StripeDisputeView(line, of: try await self.intent(line.chargeId ?? ""), movements: moved))
        }
        return views
    }

    /// By `created`, and by cursor.
    private func balance(_ request: Request) async throws -> Response {
        let limit = try request.query.integer("limit", default: 10, in: 1...100)
        var conditions: [Condition] = [.equal("dialect", .text(DialectName.stripe.rawValue))] + created(request)
        let cursor = request.query["starting_after"].map { String($0.dropFirst("txn_".count)) }
        var last: SimulatedCharge?
        if let cursor {
            guard let line = try await charges.find(cursor) else { throw StripeError.notFound("txn: '\(cursor)'") }
            conditions.append(.lessOrEqual("chargedAt", .integer(line.chargedAt.milliseconds)))
            last = line
        }
        let found = try await charges.all(
            Query(
                where: conditions, sort: [Sort("chargedAt", descending: true), Sort("id", descending: true)],
                limit: 5000))
        let after = found.filter { line in
            line.movesBalance && (last.map { line.chargedAt < $0.chargedAt || line.id < $0.id } ?? true)
        }
        let expansions = request.query.items.filter { $0.name.hasPrefix("expand[") }.map(\.value)
        var items: [StripeBalanceTransactionView<StripeSourceView>] = []
        for line in after.prefix(limit) {
            items.append(StripeBalanceTransactionView(line, source: try await source(of: line, expansions)))
        }
        return try .snakeCase(
            StripeListView(
                object: "list", data: items, hasMore: after.count > limit, url: "/v1/balance_transactions"))
    }

    private func source(of line: SimulatedCharge, _ expansions: [String]) async throws -> StripeSourceView {
        let root = line.chargeId == nil ? line : try await intent(line.chargeId ?? "")
        let isExpanded = expansions.contains("data.source.payment_intent")
        guard expansions.contains("data.source") || isExpanded else {
            return .id(line.about ?? (line.action == .refund ? line.id : root.stripeChargeId))
        }
        switch line.action {
        case .refund: return .refund(StripeRefundView(line, of: root, isExpanded: isExpanded))
        case .refundFailure:
            guard let refund = try await charges.find(line.about ?? "") else { return .id(line.about ?? "") }
            return .refund(StripeRefundView(refund, of: root, isExpanded: isExpanded))
        case .dispute:
            return .dispute(StripeDisputeView(line, of: root, movements: [], isExpanded: isExpanded))
        default: return .charge(StripeChargeView(root, isExpanded: isExpanded))
        }
    }

    /// `created[gte]` and `created[lt]`, in seconds.
    func created(_ request: Request) -> [Condition] {
        let bounds = { (name: String) in
            request.query["created[\(name)]"].flatMap { Int64($0) }.map { min($0, .max / 1000) * 1000 }
        }
        var conditions: [Condition] = []
        if let start = bounds("gte") { conditions.append(.greaterOrEqual("chargedAt", .integer(start))) }
        if let end = bounds("lt") { conditions.append(.less("chargedAt", .integer(end))) }
        return conditions
    }
}
