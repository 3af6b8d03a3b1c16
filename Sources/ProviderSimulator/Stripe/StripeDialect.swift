import Configuration
import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders
import ServiceHost
import Storage

/// Stripe's interface over the simulator's book: PaymentIntents that are confirmed as they are made, captures,
/// cancellations, refunds, look-ups. Its own clients work against it (`Tests/Interop`).
struct StripeDialect: Sendable {
    let settings: StripeDialectSettings
    let cashier: Cashier
    let exchange: FaultyExchange
    let charges: Repository<SimulatedCharge>
    let replies: Repository<StripeReply>
    let inProgress = KeysInProgress()

    static let routes = commands + lookups + balanceLookups

    private static let commands = [
        post("/v1/payment_intents", "Makes and confirms a PaymentIntent") { try await $0.create($1, $2) },
        post("/v1/payment_intents/{id}/capture", "Captures a PaymentIntent") { try await $0.capture($1, $2) },
        post("/v1/payment_intents/{id}/cancel", "Cancels a PaymentIntent") { try await $0.cancel($1, $2) },
        post("/v1/refunds", "Refunds a PaymentIntent") { try await $0.refund($1, $2) },
    ]

    private typealias Handler = @Sendable (StripeDialect, Request, StripeParameters) async throws -> Response

    private static func post(
        _ pattern: String, _ summary: String, _ handler: @escaping Handler
    ) -> RouteDeclaration<StripeDialect> {
        .post(
            pattern, summary: summary + ", as Stripe does", statuses: [200, 400, 401, 402, 409]
        ) { stripe, request in
            try await stripe.answer(request) { try await handler(stripe, $0, StripeParameters($0)) }
        }
    }

    /// Every error in Stripe's form; nothing without the secret key.
    func answer(
        _ request: Request, _ work: (Request) async throws -> Response
    ) async throws -> Response {
        do {
            try authorise(request)
            return try await work(request)
        } catch {
            return try StripeError(error).response
        }
    }

    /// `Bearer key`, or Basic with the key as the user's name.
    private func authorise(_ request: Request) throws(StripeError) {
        let basic = "Basic " + Data("\(settings.secretKey):".utf8).base64EncodedString()
        let header = request.headers["Authorization"]
        guard header == "Bearer \(settings.secretKey)" || header == basic else {
            throw .invalid("Invalid API Key provided", code: "api_key_invalid", status: 401)
        }
    }

    private func create(_ request: Request, _ parameters: StripeParameters) async throws -> Response {
        let code = try parameters.required("currency").uppercased()
        guard let currency = Currency(code: code) else {
            throw StripeError.invalid("Invalid currency: \(code.lowercased())", param: "currency")
        }
        _ = try parameters.required("amount")
        guard parameters["confirm"] == "true" else {
            throw StripeError.invalid("The simulator makes PaymentIntents with confirm=true only", param: "confirm")
        }
        let method = try parameters.required("payment_method")
        var details = parameters.metadata
        details["payment_method"] = method
        let isManual = parameters["capture_method"] == "manual"
        return try await enter(
            Movement(
                action: isManual ? .authorise : .charge, dialect: .stripe,
                orderId: details[SimulatedCharge.metadataPrefix + "order_id"] ?? "",
                amount: try parameters.amount("amount", in: code), currency: currency, idempotencyKey: key(request),
                details: details),
            request, parameters, decline: Self.declines[method])
    }

    private func capture(_ request: Request, _ parameters: StripeParameters) async throws -> Response {
        let root = try await intent(try request.parameter("id"))
        return try await enter(
            Movement(
                action: .capture, dialect: .stripe,
                amount: try parameters.amount("amount_to_capture", in: root.currency.code),
                idempotencyKey: key(request), chargeId: root.id),
            request, parameters)
    }

    private func cancel(_ request: Request, _ parameters: StripeParameters) async throws -> Response {
        let root = try await intent(try request.parameter("id"))
        return try await enter(
            Movement(action: .void, dialect: .stripe, idempotencyKey: key(request), chargeId: root.id), request,
            parameters)
    }

    private func refund(_ request: Request, _ parameters: StripeParameters) async throws -> Response {
        let charge = parameters["charge"].map { "pi_" + $0.dropFirst(3) }
        let root = try await intent(try parameters["payment_intent"] ?? charge ?? parameters.required("payment_intent"))
        var details = parameters.metadata
        details["reason"] = parameters["reason"]
        return try await enter(
            Movement(
                action: .refund, dialect: .stripe, amount: try parameters.amount("amount", in: root.currency.code),
                idempotencyKey: key(request), chargeId: root.id, details: details),
            request, parameters)
    }

    /// Stripe makes up a key if none is given.
    private func key(_ request: Request) -> String {
        request.headers["Idempotency-Key"].flatMap { $0.isEmpty ? nil : $0 }
            ?? cashier.context.identifiers.next("auto_")
    }

    /// Stripe's test tokens that are refused, and its word for why.
    private static let declines = [
        "pm_card_chargeDeclined": "generic_decline",
        "pm_card_visa_chargeDeclined": "generic_decline",
        "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
        "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
        "pm_card_chargeDeclinedLostCard": "lost_card",
        "pm_card_visa_chargeDeclinedLostCard": "lost_card",
    ]

    func intent(_ id: String) async throws -> SimulatedCharge {
        guard let line = try await charges.find(id), line.dialect == .stripe, line.chargeId == nil else {
            throw StripeError.notFound("payment_intent: '\(id)'")
        }
        return line
    }
}

/// How the simulator plays Stripe: `psp.stripe` of the configuration. The keys are test keys, of no worth elsewhere.
struct StripeDialectSettings: Sendable {
    let secretKey: String
    let webhookSecret: String
    /// Where events go; the shop's payment service if none is given.
    let webhookURL: String?

    init(from section: Configuration) {
        secretKey = section.string(
            "secretKey", default: "sk_test_sambal", help: "The secret key that the simulated Stripe accepts.")
        webhookSecret = section.string(
            "webhookSecret", default: "whsec_test_sambal",
            help: "The secret that the simulated Stripe signs events with.")
        webhookURL = section.optionalString(
            "webhookURL",
            help: .init("Where the simulated Stripe sends events.", default: "the payment service of the shop"))
        if webhookURL?.contains("://") == false { section.report("webhookURL", "must be an absolute URL") }
    }
}
