import HTTP
import Kernel

/// An error as Stripe's clients read it.
struct StripeErrorDetails: Encodable, Sendable {
    var type: String
    var code: String?
    var declineCode: String?
    var message: String
    var param: String?

    /// `reason` is a decline code of Stripe's, or words.
    static func declined(_ reason: String?) -> StripeErrorDetails {
        let reason = (reason ?? "generic_decline").replacing(" ", with: "_")
        return StripeErrorDetails(
            type: "card_error", code: "card_declined", declineCode: reason, message: "Your card was declined.")
    }
}

/// The answer to a payment that was declined: the error, and in it the PaymentIntent.
struct StripeDecline: Encodable, Sendable {
    struct Details: Encodable, Sendable {
        let details: StripeErrorDetails
        let intent: StripeIntentView

        private enum Keys: String, CodingKey { case paymentIntent }

        func encode(to encoder: any Encoder) throws {
            try details.encode(to: encoder)
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(intent, forKey: .paymentIntent)
        }
    }
    let error: Details

    init(_ reason: String?, _ intent: StripeIntentView) {
        error = Details(details: .declined(reason), intent: intent)
    }
}

/// Thrown in this dialect; becomes the answer.
struct StripeError: Error, Sendable, CustomStringConvertible {
    var description: String { details.message }

    let status: Int
    let details: StripeErrorDetails
    var retryAfter: Duration?

    static func invalid(_ message: String, code: String? = nil, param: String? = nil, status: Int = 400) -> StripeError
    {
        StripeError(
            status: status,
            details: StripeErrorDetails(type: "invalid_request_error", code: code, message: message, param: param))
    }

    static func missing(_ param: String) -> StripeError {
        invalid("Missing required param: \(param).", code: "parameter_missing", param: param)
    }

    static func notFound(_ what: String) -> StripeError {
        invalid("No such \(what)", code: "resource_missing", param: "id", status: 404)
    }

    /// Errors of the book and the faults, in Stripe's words.
    init(_ error: any Error) {
        switch error {
        case let error as StripeError: self = error
        case BookError.keyReused:
            self = StripeError(
                status: 400,
                details: StripeErrorDetails(
                    type: "idempotency_error",
                    message: "Keys for idempotent requests can only be used with the same parameters they were first "
                        + "used with."))
        case BookError.noSuchCharge(let id): self = .notFound("payment_intent: '\(id)'")
        case BookError.impossible(let reason):
            self = .invalid(reason, code: "payment_intent_unexpected_state")
        case BookError.tooMuch(let left, _) where left <= 0:
            self = .invalid("Charge has already been refunded.", code: "charge_already_refunded")
        // Stripe gives it no code.
        case BookError.tooMuch(let left, let amount):
            self = .invalid("Refund amount (\(amount)) is greater than unrefunded amount (\(left))", param: "amount")
        case let problem as Problem:
            self = StripeError(
                status: problem.status,
                details: StripeErrorDetails(
                    type: problem.status == 429 ? "invalid_request_error" : "api_error",
                    code: problem.status == 429 ? "rate_limit" : nil, message: problem.detail ?? problem.title),
                retryAfter: problem.retryAfter)
        default:
            self = StripeError(
                status: 500, details: StripeErrorDetails(type: "api_error", message: "An unknown error occurred"))
        }
    }

    private init(status: Int, details: StripeErrorDetails, retryAfter: Duration? = nil) {
        self.status = status
        self.details = details
        self.retryAfter = retryAfter
    }

    struct Body: Encodable {
        let error: StripeErrorDetails
    }

    var response: Response {
        get throws {
            var response = try Response.snakeCase(Body(error: details), status: status)
            if let retryAfter { response.headers.add("Retry-After", String(max(1, retryAfter.components.seconds))) }
            return response
        }
    }
}
