import Configuration
import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Midtrans' Core API over the simulator's book: charge, status, capture, cancel, refund. The order_id is taken once;
/// a second charge with it is refused with 406.
struct MidtransDialect: Sendable {
    let settings: MidtransDialectSettings
    let cashier: Cashier
    let exchange: FaultyExchange
    let charges: Repository<SimulatedCharge>

    static let routes: [RouteDeclaration<MidtransDialect>] = [
        post("/v2/charge", "Charges or authorises") { try await $0.charge($1) },
        post("/v2/capture", "Captures what was authorised") { try await $0.capture($1) },
        post("/v2/{id}/cancel", "Cancels a transaction") { try await $0.cancel($1) },
        post("/v2/{id}/refund", "Refunds a transaction") { try await $0.refund($1) },
        post("/v2/{id}/refund/online/direct", "Refunds a transaction at the bank") { try await $0.refund($1) },
        .get(
            "/v2/{id}/status", summary: "Shows a transaction, as Midtrans does", statuses: [200, 401, 404]
        ) { midtrans, request in try await midtrans.answer(request) { try await midtrans.status($0) } },
    ]

    private static func post(
        _ pattern: String, _ summary: String,
        _ handler: @escaping @Sendable (MidtransDialect, Request) async throws -> Response
    ) -> RouteDeclaration<MidtransDialect> {
        .post(
            pattern, summary: summary + ", as Midtrans does", statuses: [200, 401, 406, 412]
        ) { midtrans, request in try await midtrans.answer(request) { try await handler(midtrans, $0) } }
    }

    /// Every error in Midtrans' form; nothing without the server key.
    private func answer(_ request: Request, _ work: (Request) async throws -> Response) async throws -> Response {
        do {
            let basic = "Basic " + Data("\(settings.serverKey):".utf8).base64EncodedString()
            guard request.headers["Authorization"] == basic else {
                throw MidtransFailure(401, "Transaction cannot be authorized with the current client/server key.")
            }
            return try await work(request)
        } catch {
            return try MidtransFailure(error).response(retryAfter: (error as? Problem)?.retryAfter)
        }
    }

    private func status(_ request: Request) async throws -> Response {
        let root = try await transaction(try request.parameter("id"))
        return try .snakeCase(MidtransTransactionView(root, refunds: try await refunds(of: root)))
    }

    private func charge(_ request: Request) async throws -> Response {
        let body = try JSON.decodeSnakeCaseLeniently(MidtransChargeRequest.self, from: request.body)
        let currency = try currency(body.transactionDetails.currency ?? "IDR")
        let token = body.creditCard?.tokenId
        if body.paymentType == "credit_card", token == nil {
            throw MidtransFailure(400, "credit_card.token_id is required")
        }
        var details = ["payment_type": body.paymentType, "order_id": body.transactionDetails.orderId]
        details["custom_field1"] = body.customField1
        details["custom_field2"] = body.customField2
        details["custom_field3"] = body.customField3
        return try await enter(
            Movement(
                action: body.creditCard?.type == "authorize" ? .authorise : .charge, dialect: .midtrans,
                orderId: body.customField1 ?? body.transactionDetails.orderId,
                amount: try amount(body.transactionDetails.grossAmount, currency), currency: currency,
                idempotencyKey: Self.key(body.transactionDetails.orderId), details: details),
            decline: token?.contains("deny") == true ? "Deny by Bank" : nil)
    }

    private func capture(_ request: Request) async throws -> Response {
        let body = try JSON.decodeSnakeCaseLeniently(MidtransCaptureRequest.self, from: request.body)
        let root = try await transaction(body.transactionId)
        return try await enter(
            Movement(
                action: .capture, dialect: .midtrans,
                amount: try body.grossAmount.map { try amount($0, root.currency) },
                idempotencyKey: Self.key(root.id, "capture"), chargeId: root.id))
    }

    /// Cancels a reservation, or a card payment that is not settled yet (Midtrans, "Cancel transaction").
    private func cancel(_ request: Request) async throws -> Response {
        let root = try await transaction(try request.parameter("id"))
        guard root.captured == 0 || root.isCardBeforeSettlement else {
            throw MidtransFailure(412, "Merchant cannot modify the status of the transaction")
        }
        return try await enter(
            Movement(
                action: root.captured > 0 ? .refund : .void, dialect: .midtrans,
                amount: root.captured > 0 ? root.captured : nil, idempotencyKey: Self.key(root.id, "cancel"),
                chargeId: root.id))
    }

    /// Only of what is settled (Midtrans, "Refund transactions").
    private func refund(_ request: Request) async throws -> Response {
        let body =
            request.body.isEmpty ? nil : try JSON.decodeSnakeCaseLeniently(MidtransRefundBody.self, from: request.body)
        let root = try await transaction(try request.parameter("id"))
        guard root.captured == 0 || !root.isCardBeforeSettlement else {
            throw MidtransFailure(412, "Merchant cannot modify the status of the transaction")
        }
        let refundKey = body?.refundKey ?? cashier.context.identifiers.next("refund-")
        var details = ["refund_key": refundKey]
        details["reason"] = body?.reason
        return try await enter(
            Movement(
                action: .refund, dialect: .midtrans, amount: try body?.amount.map { try amount($0, root.currency) },
                idempotencyKey: Self.key(root.id, "refund", refundKey), chargeId: root.id, details: details))
    }

    private func enter(_ movement: Movement, decline: String? = nil) async throws -> Response {
        try await exchange.answer(movement.action) { ruling in
            // Midtrans knows no refunds that are pending, and what it denies stays denied.
            let isPendingRefund = movement.action == .refund && ruling.ending == .undecided
            let isDenied = decline != nil || ruling == .declinedFirst
            let ruling = isDenied ? .refused : isPendingRefund ? .none : ruling
            let view = try await cashier.enter(movement, ruling) { entry, tx in
                // Not repeated but refused: whoever is in doubt asks for the status.
                guard !entry.isReplay else { throw BookError.keyReused }
                return MidtransTransactionView(entry, refunds: try await refunds(of: entry.root, in: tx))
            }
            guard view.statusCode.hasPrefix("2") else {
                throw MidtransFailure(Int(view.statusCode) ?? 500, view.statusMessage)
            }
            return try .snakeCase(view)
        }
    }

    private func transaction(_ id: String) async throws -> SimulatedCharge {
        if let line = try await charges.find(id), line.dialect == .midtrans, line.chargeId == nil { return line }
        guard let line = try await charges.first(where: [.equal("idempotencyKey", .text(Self.key(id)))]) else {
            throw BookError.noSuchCharge(id)
        }
        return line
    }

    private func refunds(of root: SimulatedCharge) async throws -> [SimulatedCharge] {
        try await cashier.context.database.read { try await refunds(of: root, in: $0) }
    }

    /// And what banks took back.
    private func refunds(of root: SimulatedCharge, in tx: any ReadTransaction) async throws -> [SimulatedCharge] {
        let lines = try await charges.all(
            Query(where: [.equal("chargeId", .text(root.id))], sort: [Sort("id")], limit: 1000), in: tx)
        return lines.filter { $0.status == .refunded || $0.stage == .fundsWithdrawn && (root.disputed ?? 0) > 0 }
    }

    /// In the book all dialects share one space of keys.
    static func key(_ parts: String...) -> String { "midtrans:" + parts.joined(separator: ":") }

    private func currency(_ code: String) throws(MidtransFailure) -> Currency {
        guard let currency = Currency(code: code) else { throw MidtransFailure(400, "currency is not valid") }
        return currency
    }

    private func amount(_ text: String, _ currency: Currency) throws(MidtransFailure) -> Int64 {
        guard let money = DecimalAmount.read(text, currency), (1...Money.limit).contains(money.amount) else {
            throw MidtransFailure(400, "the amount is not valid")
        }
        return money.amount
    }
}

/// How the simulator plays Midtrans: `psp.midtrans` of the configuration. The key is a test key, of no worth elsewhere.
struct MidtransDialectSettings: Sendable {
    let serverKey: String
    /// Where notifications go; the shop's payment service if none is given.
    let notificationURL: String?
    /// After which time a card payment that was captured is settled; Midtrans does it on the next day.
    let settleAfter: Duration

    init(from section: Configuration) {
        serverKey = section.string(
            "serverKey", default: "SB-Mid-server-sambal", help: "The server key that the simulated Midtrans accepts.")
        notificationURL = section.optionalString(
            "notificationURL",
            help: .init(
                "Where the simulated Midtrans sends notifications.", default: "the payment service of the shop"))
        settleAfter = section.duration(
            "settleAfter", default: .seconds(86_400), help: "How long after its capture a card payment is settled.")
        if notificationURL?.contains("://") == false { section.report("notificationURL", "must be an absolute URL") }
    }
}
