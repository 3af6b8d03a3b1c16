import HTTP
import Kernel

/// `POST /v2/charge` with a card token.
struct MidtransCharge: Encodable {
    struct Details: Encodable {
        let orderId: String
        /// Whole major units.
        let grossAmount: Int64
    }
    struct Card: Encodable {
        let tokenId: String
        /// `authorize` reserves only.
        let type: String?
    }
    let paymentType = "credit_card"
    let transactionDetails: Details
    let creditCard: Card
    let customField1: String
    let customField2: String
    /// The action, by which a notification of a capture is told from one of a charge.
    let customField3: String

    private enum CodingKeys: String, CodingKey {
        case paymentType, transactionDetails, creditCard, customField1, customField2, customField3
    }
}

/// `POST /v2/capture`.
struct MidtransCapture: Encodable {
    let transactionId: String
    let grossAmount: Int64
}

/// `POST /v2/{id}/refund`.
struct MidtransRefundRequest: Encodable {
    /// The idempotency key: Midtrans refunds once per key.
    let refundKey: String
    let amount: Int64
    let reason: String
}

/// The answer of Midtrans to every call, and its notification. Amounts are decimal text in major units.
struct MidtransTransaction: Decodable, Sendable {
    /// A refund, or a part that the buyer's bank took back.
    struct Refund: Decodable, Sendable {
        let refundChargebackId: String?
        let refundKey: String?
        let refundAmount: String?
        let createdAt: String?
    }
    let statusCode: String?
    let statusMessage: String?
    let transactionId: String?
    let orderId: String?
    let grossAmount: String?
    let currency: String?
    let transactionStatus: String?
    let transactionTime: String?
    let fraudStatus: String?
    let signatureKey: String?
    let refundKey: String?
    let refundAmount: String?
    let refunds: [Refund]?
    /// The order's id.
    let customField1: String?
    /// The key of the call that made the transaction.
    let customField2: String?
    /// The action of that call.
    let customField3: String?
    /// The GoPay account of a notification about an account. Such a notification names no order.
    let accountId: String?
    let accountStatus: String?

    var isAboutAccount: Bool { accountId != nil && orderId == nil }

    /// Reads an answer. Midtrans writes some texts as numbers, so both are accepted. Returns `nil` if the body has no
    /// `status_code`: such an answer comes from a proxy on the way, and not from Midtrans.
    static func read(_ response: Response) -> MidtransTransaction? {
        guard let read = try? JSON.decodeSnakeCaseLeniently(MidtransTransaction.self, from: response.body),
            read.code != nil
        else { return nil }
        return read
    }

    /// Midtrans' own code, which says more than the status of the answer (Midtrans, "Status codes").
    var code: Int? { statusCode.flatMap { Int($0) } }
}
