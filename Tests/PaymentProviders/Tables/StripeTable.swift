import HTTP
import Kernel
import PaymentProviders

extension MeaningTable {
    static let stripe = MeaningTable(
        provider: "Stripe",
        make: { StripeProvider(StripeSettings(secretKey: "sk_test_1", webhookSecrets: ["whsec_1"]), transport: $0) },
        rows: states + refunds + answers)

    private static let lifecycle = "\"PaymentIntents lifecycle\""

    private static let states = [
        state("`requires_payment_method`, no error", "pending pending unknown absent", #""last_payment_error": null"#),
        state(
            "`requires_payment_method`, `last_payment_error`", "refused refused unknown absent",
            #""last_payment_error": {"code": "card_declined"}"#),
        state("`requires_confirmation`", "pending pending unknown absent"),
        state("`requires_action`", "pending pending unknown absent"),
        state("`processing`", "pending pending pending unknown"),
        state("`requires_capture`", "unknown succeeded absent absent"),
        state("`canceled`", "refused refused refused succeeded"),
        state("`succeeded`", "succeeded succeeded succeeded refused"),
        state("any other status", "unknown unknown unknown unknown"),
        MeaningRow(
            question: .lookUp, state: "no such PaymentIntent", means: ["absent", "absent", "unknown", "unknown", "-"],
            source: "\"Search\", \"Error codes\""
        ) { call in
            call.reference == nil
                ? [.answer(200, #"{"data": []}"#), .answer(200, #"{"data": []}"#)]
                : [.answer(404, #"{"error": {"type": "invalid_request_error", "code": "resource_missing"}}"#)]
        },
    ]

    private static func state(_ name: String, _ means: String, _ more: String = #""livemode": false"#) -> MeaningRow {
        let status = name.split(separator: "`").first.map(String.init) ?? ""
        let intent = """
            {"id": "REF-1", "object": "payment_intent", "amount": 10000, "amount_received": 10000, \
            "amount_capturable": 10000, "currency": "krw", "status": "\(status)", \
            "metadata": {"order_id": "ORD-1", "idempotency_key": "K-1"}, \(more)}
            """
        return MeaningRow(
            question: .lookUp, state: name, means: means.split(separator: " ").map(String.init) + ["-"],
            source: lifecycle
        ) { call in [.answer(200, call.reference == nil ? #"{"data": [\#(intent)]}"# : intent)] }
    }

    private static let refunds = [
        refund("`pending`", "pending"), refund("`requires_action`", "pending"), refund("`succeeded`", "succeeded"),
        refund("`failed`", "refused"), refund("`canceled`", "refused"), refund("any other status", "unknown"),
        refund("no refund with the key", "absent", #"{"data": [], "has_more": false}"#),
    ]

    private static func refund(_ name: String, _ meaning: String, _ list: String? = nil) -> MeaningRow {
        let status = name.split(separator: "`").first.map(String.init) ?? ""
        let body =
            list ?? """
                {"data": [{"id": "re_1", "amount": 10000, "currency": "krw", "status": "\(status)", \
                "payment_intent": "REF-1", "metadata": {"idempotency_key": "K-1"}}]}
                """
        return MeaningRow(
            question: .lookUp, state: list == nil ? "refund " + name : name, means: ["-", "-", "-", "-", meaning],
            source: "\"The Refund object\""
        ) { _ in [.answer(200, body)] }
    }

    private static let errors = "\"Errors\", \"Error codes\""
    private static let low = "\"Advanced error handling\""

    private static let answers = [
        answer("402 `card_error`", "refused", 402, error("card_error", "card_declined"), errors),
        answer("402 by somebody else", "unknown", 402, "<html>", low),
        answer(
            "400 with a final code, for example `amount_too_small`", "refused", 400, invalid("amount_too_small"), errors
        ),
        answer(
            "400 with `param` and no code", "refused", 400,
            #"{"error": {"type": "invalid_request_error", "param": "amount", "message": "Too much"}}"#, errors),
        answer("400 with neither", "unknown", 400, #"{"error": {"type": "invalid_request_error"}}"#, errors),
        answer(
            "400 `payment_intent_unexpected_state`", "looked up", 400, invalid("payment_intent_unexpected_state"),
            errors),
        answer("400 `charge_already_refunded`", "looked up", 400, invalid("charge_already_refunded"), errors),
        answer(
            "400 `idempotency_error`", "unknown", 400, #"{"error": {"type": "idempotency_error"}}"#,
            "\"Idempotent requests\""),
        answer("400 `api_key_expired`", "notSent", 400, invalid("api_key_expired"), errors),
        answer("401, 403 by Stripe", "notSent", 401, #"{"error": {"type": "invalid_request_error"}}"#, low),
        answer("401, 403 by somebody else", "unknown", 403, "<html>Forbidden", low),
        answer("404 `resource_missing`", "unknown", 404, invalid("resource_missing"), errors),
        answer("408 and other 4xx by somebody else", "unknown", 408, "<html>Request Time-out", low),
        answer("409 `idempotency_key_in_use`", "unknown", 409, invalid("idempotency_key_in_use"), low),
        answer("424", "unknown", 424, #"{"error": {"type": "api_error"}}"#, errors),
        answer("429 `rate_limit`", "notSent", 429, invalid("rate_limit"), "\"Rate limits\""),
        answer("429 `lock_timeout`", "unknown", 429, invalid("lock_timeout"), "\"Rate limits\", object locks"),
        answer("429 by somebody else", "unknown", 429, "slow down", low),
        answer("500, 502, 503, 504", "unknown", 500, #"{"error": {"type": "api_error"}}"#, low + ", server errors"),
        answer(
            "5xx with `Idempotent-Replayed: true`", "storedError", 500, #"{"error": {"type": "api_error"}}"#,
            "\"Idempotent requests\"", ["Idempotent-Replayed": "true"]),
        answer("200 that cannot be read", "unknown", 200, "<html>", low),
    ]

    private static func error(_ type: String, _ code: String) -> String {
        #"{"error": {"type": "\#(type)", "code": "\#(code)", "message": "m"}}"#
    }

    private static func invalid(_ code: String) -> String { error("invalid_request_error", code) }

    private static func answer(
        _ state: String, _ meaning: String, _ status: Int, _ body: String, _ source: String, _ headers: Headers = [:]
    ) -> MeaningRow {
        MeaningRow(
            question: .answer, state: state, means: ProviderAction.allCases.map { _ in meaning }, source: source
        ) { _ in [.answer(status, body, headers: headers)] }
    }
}
