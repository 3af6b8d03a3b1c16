import HTTP
import Kernel

/// The body of an error that Toss itself answers.
struct TossFailure: Decodable, Sendable {
    let code: String
    let message: String?

    var reason: String { [code, message].compactMap { $0 }.joined(separator: ": ") }

    /// Reads an error; `nil` if the body is not from Toss but from a proxy on the way.
    static func read(_ response: Response) -> TossFailure? {
        guard let failure = try? JSON.decode(TossFailure.self, from: response.body), !failure.code.isEmpty else {
            return nil
        }
        return failure
    }

    /// The meaning of an error for the call that it answers.
    enum Meaning: Sendable, Hashable {
        /// The call is refused for good.
        case final
        /// Toss did not start the call.
        case notBegun
        /// The payment is past this step, perhaps by this call; the outcome has to be looked up.
        case pastThisStep
        /// The outcome is not known.
        case unclear
        /// The outcome is not known, and Toss repeats this error for the key.
        case stored
    }

    /// Classifies an error by its code, because the same status (400) stands for a wrong key, a stolen card, and an
    /// error of the card company after which the money may have moved (Toss Payments, "Error codes"). Toss repeats the
    /// first result of an idempotency key, also an error, for 15 days ("Idempotency keys"), unless it refused the
    /// request beforehand.
    func meaning(status: Int) -> Meaning {
        switch status {
        case 500...: return .stored
        case _ where Self.notBegun.contains(code): return .notBegun
        case _ where Self.underWay.contains(code): return .unclear
        case _ where Self.pastThisStep.contains(code): return .pastThisStep
        case _ where Self.finalCodes.contains(code): return .final
        default: return .stored
        }
    }

    private static let notBegun: Set = [
        "INVALID_API_KEY", "UNAUTHORIZED_KEY", "INCORRECT_BASIC_AUTH_FORMAT", "TOO_MANY_REQUESTS",
    ]

    private static let underWay: Set = ["IDEMPOTENT_REQUEST_PROCESSING", "FORBIDDEN_CONSECUTIVE_REQUEST"]

    private static let pastThisStep: Set = [
        "ALREADY_PROCESSED_PAYMENT", "DUPLICATED_ORDER_ID", "ALREADY_CANCELED_PAYMENT", "ALREADY_REFUND_PAYMENT",
        "NOT_CANCELABLE_AMOUNT", "NOT_CANCELABLE_PAYMENT", "NOT_MATCHES_REFUNDABLE_AMOUNT", "INVALID_REQUEST",
    ]

    private static let finalCodes: Set = [
        // The bank is closed at this hour; a later call needs another key.
        "NOT_AVAILABLE_BANK",
        // Refusals of a confirmation.
        "BELOW_MINIMUM_AMOUNT", "EXCEED_MAX_AMOUNT", "EXCEED_MAX_AUTH_COUNT", "EXCEED_MAX_CARD_INSTALLMENT_PLAN",
        "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", "EXCEED_MAX_ONE_DAY_AMOUNT",
        "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", "EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", "EXCEED_MAX_PAYMENT_AMOUNT",
        "FDS_ERROR", "INVALID_AUTHORIZE_AUTH", "INVALID_CARD_EXPIRATION", "INVALID_CARD_INSTALLMENT_PLAN",
        "INVALID_CARD_LOST_OR_STOLEN", "INVALID_CARD_NUMBER", "INVALID_IDEMPOTENCY_KEY", "INVALID_PASSWORD",
        "INVALID_REJECT_CARD",
        "INVALID_STOPPED_CARD", "INVALID_UNREGISTERED_SUBMALL", "NOT_ALLOWED_POINT_USE", "NOT_AVAILABLE_PAYMENT",
        "NOT_FOUND_PAYMENT_SESSION", "NOT_REGISTERED_BUSINESS", "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT",
        "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT",
        "REJECT_ACCOUNT_PAYMENT", "REJECT_CARD_COMPANY", "REJECT_CARD_PAYMENT", "REJECT_TOSSPAY_INVALID_ACCOUNT",
        "RESTRICTED_TRANSFER_ACCOUNT",
        // Refusals of a cancellation.
        "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", "EXCEED_MAX_REFUND_DUE", "FORBIDDEN_BANK_REFUND_REQUEST",
        "INVALID_BANK", "INVALID_REFUND_ACCOUNT_INFO", "INVALID_REFUND_ACCOUNT_NUMBER", "NOT_ALLOWED_PARTIAL_REFUND",
        "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "REFUND_REJECTED",
    ]
}
