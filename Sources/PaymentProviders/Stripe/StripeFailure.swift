import HTTP
import Kernel

/// The body of every error of Stripe's own.
struct StripeFailure: Decodable, Sendable {
    struct Details: Decodable, Sendable {
        let type: String?
        let code: String?
        let declineCode: String?
        let message: String?
        let param: String?
    }
    let error: Details

    var reason: String {
        error.declineCode ?? error.code ?? error.message ?? "refused by the provider"
    }

    /// `nil` if the body is not Stripe's: somebody on the way answered.
    static func read(_ response: Response) -> StripeFailure? {
        guard let failure = try? JSON.decodeSnakeCase(StripeFailure.self, from: response.body),
            let type = failure.error.type, types.contains(type)
        else { return nil }
        return failure
    }

    private static let types: Set = [
        "api_error", "card_error", "idempotency_error", "invalid_request_error", "rate_limit_error",
        "authentication_error",
    ]

    /// Classifies an error for the call that it answers.
    enum Meaning: Sendable, Hashable {
        /// Refused for good: the same request would be refused again.
        case final
        /// Stripe did not begin to work on it.
        case notBegun
        /// The object is past this step, perhaps by this very call: to be looked up.
        case pastThisStep
        /// Says nothing for certain.
        case unclear
    }

    /// Classifies by status, type and code (Stripe, "Errors", "Error codes", "Advanced error handling").
    func meaning(status: Int) -> Meaning {
        switch (status, error.type, error.code) {
        case (429, _, "lock_timeout"): .unclear
        case (429, _, "rate_limit"), (429, "rate_limit_error", _): .notBegun
        case (401, _, _), (403, "invalid_request_error", _): .notBegun
        case (402, "card_error", _): .final
        case (400, "invalid_request_error", let code?) where Self.settings.contains(code): .notBegun
        case (400, "invalid_request_error", let code?) where Self.pastThisStep.contains(code): .pastThisStep
        case (400...404, "invalid_request_error", let code?) where Self.finalCodes.contains(code): .final
        case (400...404, "invalid_request_error", "resource_missing") where error.param == "payment_method": .final
        // A parameter that cannot be taken, for example a refund of more than is left, which has no code.
        case (400, "invalid_request_error", nil) where error.param != nil: .final
        default: .unclear
        }
    }

    /// Mistakes in the shop's account or configuration, told before anything is done.
    private static let settings: Set = [
        "api_key_expired", "platform_api_key_expired", "secret_key_required", "account_invalid", "livemode_mismatch",
        "testmode_charges_only", "tls_version_unsupported",
    ]

    private static let pastThisStep: Set = [
        "payment_intent_unexpected_state", "charge_already_captured", "charge_already_refunded",
    ]

    private static let finalCodes: Set = [
        "amount_too_large", "amount_too_small", "balance_insufficient", "capture_charge_authorization_expired",
        "charge_disputed", "charge_exceeds_source_limit", "charge_exceeds_transaction_limit",
        "charge_expired_for_capture", "charge_not_refundable", "country_unsupported", "incorrect_number",
        "invalid_amount", "invalid_characters", "parameter_invalid_empty", "parameter_invalid_integer",
        "parameter_invalid_string_blank", "parameter_invalid_string_empty", "parameter_missing", "parameter_unknown",
        "parameters_exclusive", "payment_method_currency_mismatch", "payment_method_invalid_parameter",
        "payment_method_not_available", "payment_method_unactivated", "payment_method_unexpected_state",
        "refund_disputed_payment", "token_already_used",
    ]
}
