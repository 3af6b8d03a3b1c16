import HTTP
import Kernel
import PaymentProviders

/// `POST /v2/charge`.
struct MidtransChargeRequest: Codable, Sendable {
    struct Details: Codable, Sendable {
        let orderId: String
        /// Major units, as a number or as text.
        let grossAmount: String
        let currency: String?
    }
    struct Card: Codable, Sendable {
        let tokenId: String?
        let type: String?
    }
    let paymentType: String
    let transactionDetails: Details
    let creditCard: Card?
    let customField1: String?
    let customField2: String?
    let customField3: String?
}

/// `POST /v2/capture`.
struct MidtransCaptureRequest: Codable, Sendable {
    let transactionId: String
    let grossAmount: String?
}

/// `POST /v2/{id}/refund`.
struct MidtransRefundBody: Codable, Sendable {
    let refundKey: String?
    let amount: String?
    let reason: String?
}

/// A transaction as Midtrans answers and notifies. Amounts are decimal text with two digits, whatever the currency.
struct MidtransTransactionView: Codable, Sendable {
    /// A refund, or a part that the buyer's bank took back, which has no key.
    struct Refund: Codable, Sendable {
        let refundChargebackId: Int
        let refundKey: String?
        let refundAmount: String
        let reason: String?
    }
    var statusCode: String
    var statusMessage: String
    var transactionId: String
    var orderId: String
    var grossAmount: String
    var currency: String
    var paymentType: String
    var transactionTime: String
    var transactionStatus: String
    var fraudStatus: String
    var customField1: String?
    var customField2: String?
    var customField3: String?
    var refundKey: String?
    var refundAmount: String?
    var refunds: [Refund]?
    /// In notifications.
    var signatureKey: String?
}

/// Every error.
struct MidtransFailure: Error, Codable, Sendable, CustomStringConvertible {
    var description: String { statusMessage }

    let statusCode: String
    let statusMessage: String

    init(_ code: Int, _ message: String) {
        statusCode = String(code)
        statusMessage = message
    }

    /// Errors of the book and the faults, by Midtrans' codes.
    init(_ error: any Error) {
        switch error {
        case let error as MidtransFailure: self = error
        case BookError.keyReused: self.init(406, "The request could not be completed: duplicate order ID or refund key")
        case BookError.noSuchCharge: self.init(404, "Transaction doesn't exist.")
        case BookError.impossible(let reason): self.init(412, reason)
        case BookError.tooMuch: self.init(412, "Refund amount exceeds what is left of the transaction")
        case let error as DecodingError: self.init(400, Problem(error).detail ?? "The body cannot be read")
        case let problem as Problem: self.init(problem.status, problem.detail ?? problem.title)
        default: self.init(500, "Sorry, our system is recovering from unexpected issues")
        }
    }

    func response(retryAfter: Duration?) throws -> Response {
        var response = try Response.snakeCase(self, status: Int(statusCode) ?? 500)
        if let retryAfter { response.headers.add("Retry-After", String(max(1, retryAfter.components.seconds))) }
        return response
    }
}

extension DecimalAmount {
    /// With two digits after the point at least.
    static func midtrans(_ money: Money) -> String {
        money.currency.exponent == 0 ? text(money) + ".00" : text(money)
    }
}
