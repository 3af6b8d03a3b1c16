import HTTP
import Kernel
import PaymentProviders

extension MeaningTable {
    static let toss = MeaningTable(
        provider: "Toss Payments",
        make: {
            TossProvider(
                TossSettings(secretKey: "test_sk_1", paymentKey: PaymentToken("pay-{orderId}")), transport: $0,
                now: { Timestamp(milliseconds: 0) })
        }, rows: states + cancels + answers)

    private static let states = [
        state("`READY`", "absent"), state("`IN_PROGRESS`", "absent"), state("`WAITING_FOR_DEPOSIT`", "pending"),
        state("`DONE`", "succeeded"), state("`CANCELED`", "succeeded"), state("`PARTIAL_CANCELED`", "succeeded"),
        state("`ABORTED`", "refused"), state("`EXPIRED`", "refused"), state("any other status", "unknown"),
        lookUp("404 `NOT_FOUND_PAYMENT`", "absent", "unknown", 404, code("NOT_FOUND_PAYMENT"), "\"Error codes\""),
        lookUp("404 by somebody else", "unknown", "unknown", 404, "<html>", "\"Error codes\""),
    ]

    private static func body(_ status: String, _ cancels: String = "null") -> String {
        """
        {"paymentKey": "REF-1", "orderId": "ORD-1", "status": "\(status)", "currency": "KRW", "totalAmount": 10000, \
        "cancels": \(cancels)}
        """
    }

    private static func state(_ name: String, _ meaning: String) -> MeaningRow {
        lookUp(
            name, meaning, "absent", 200, body(name.split(separator: "`").first.map(String.init) ?? ""),
            "\"Payment object\"")
    }

    private static func lookUp(
        _ name: String, _ charge: String, _ refund: String, _ status: Int, _ body: String, _ source: String
    ) -> MeaningRow {
        MeaningRow(
            question: .lookUp, state: name, means: [charge, "-", "-", "-", refund], source: source
        ) { _ in [.answer(status, body)] }
    }

    private static let cancels = [
        cancel("`DONE`", "succeeded"), cancel("`IN_PROGRESS`", "pending"), cancel("`ABORTED`", "refused"),
        cancel("none, in old versions", "succeeded"), cancel("any other status", "unknown"),
    ]

    private static func cancel(_ name: String, _ meaning: String) -> MeaningRow {
        let status = name.split(separator: "`").first.map(String.init) ?? ""
        let field = name.hasPrefix("none") ? "" : #", "cancelStatus": "\#(status)""#
        let list = #"[{"cancelAmount": 10000, "cancelReason": "refund [K-1]", "transactionKey": "tx-1"\#(field)}]"#
        return MeaningRow(
            question: .lookUp, state: "`cancelStatus` " + name, means: ["-", "-", "-", "-", meaning],
            source: "\"Payment object\", cancels"
        ) { _ in [.answer(200, body("CANCELED", list))] }
    }

    private static func code(_ code: String) -> String { #"{"code": "\#(code)", "message": "m"}"# }

    private static let answers = [
        answer(
            "a refusal, for example `REJECT_CARD_PAYMENT`", "refused", "refused",
            [
                (403, "REJECT_CARD_PAYMENT"), (400, "INVALID_CARD_EXPIRATION"), (400, "INVALID_REJECT_CARD"),
                (403, "EXCEED_MAX_AMOUNT"), (404, "NOT_FOUND_PAYMENT_SESSION"), (403, "NOT_ALLOWED_PARTIAL_REFUND"),
                (403, "EXCEED_MAX_REFUND_DUE"), (403, "NOT_AVAILABLE_BANK"), (400, "INVALID_IDEMPOTENCY_KEY"),
            ]),
        answer(
            "`INVALID_API_KEY`, `UNAUTHORIZED_KEY`, `INCORRECT_BASIC_AUTH_FORMAT`, `TOO_MANY_REQUESTS`", "notSent",
            "notSent",
            [
                (400, "INVALID_API_KEY"), (401, "UNAUTHORIZED_KEY"), (403, "INCORRECT_BASIC_AUTH_FORMAT"),
                (429, "TOO_MANY_REQUESTS"),
            ]),
        answer(
            "`ALREADY_PROCESSED_PAYMENT`, `ALREADY_CANCELED_PAYMENT`, `NOT_CANCELABLE_AMOUNT` and the like",
            "looked up",
            "looked up",
            [
                (400, "ALREADY_PROCESSED_PAYMENT"), (400, "DUPLICATED_ORDER_ID"), (400, "ALREADY_CANCELED_PAYMENT"),
                (403, "NOT_CANCELABLE_AMOUNT"), (403, "NOT_CANCELABLE_PAYMENT"), (400, "INVALID_REQUEST"),
            ]),
        answer(
            "`IDEMPOTENT_REQUEST_PROCESSING`, `FORBIDDEN_CONSECUTIVE_REQUEST`", "unknown", "unknown",
            [(409, "IDEMPOTENT_REQUEST_PROCESSING"), (403, "FORBIDDEN_CONSECUTIVE_REQUEST")]),
        answer(
            "`PROVIDER_ERROR`, any code not named here", "storedError", "storedError",
            [(400, "PROVIDER_ERROR"), (404, "NOT_FOUND_PAYMENT"), (400, "SOMETHING_NEW")]),
        answer(
            "5xx with any code", "storedError", "storedError",
            [(500, "FAILED_INTERNAL_SYSTEM_PROCESSING"), (500, "REJECT_CARD_PAYMENT")]),
        answer("any without a code", "unknown", "unknown", [(400, ""), (408, ""), (429, ""), (500, ""), (502, "")]),
    ]

    /// Each of the codes, one after the other; without a code an answer by somebody else.
    private static func answer(
        _ state: String, _ charge: String, _ refund: String, _ codes: [(Int, String)]
    ) -> MeaningRow {
        MeaningRow(
            question: .answer, state: state, means: [charge, "-", "-", "-", refund], source: "\"Error codes\""
        ) { _ in codes.map { .answer($0, $1.isEmpty ? "<html>" : code($1)) } }
    }
}
