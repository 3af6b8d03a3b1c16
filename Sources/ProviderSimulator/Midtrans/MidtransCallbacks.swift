import FoundationEssentials
import HTTP
import Kernel
import PaymentProviders

/// Midtrans' notifications about the book's lines. Their signature lies in the body and has no time, so that they are
/// never stale.
struct MidtransCallbacks: CallbackDialect {
    let target: CallbackTarget?
    let serverKey: String
    let identifierPrefix = "MN-"

    func bodies(about entry: BookEntry, ids: [String], at time: Timestamp) throws -> [Data] {
        // A step that was refused leaves the transaction as it was, and so does a bank's question: nothing to notify of.
        let line = entry.line
        guard line.chargeId == nil || line.status != .refused, line.action != .refundFailure,
            line.action != .dispute || line.stage == .fundsWithdrawn
        else { return [] }
        let isListed = line.action == .refund || line.action == .dispute
        var view = MidtransTransactionView(entry, refunds: isListed ? [line] : [])
        view.signatureKey = MidtransSignature.make(
            orderId: view.orderId, statusCode: view.statusCode, grossAmount: view.grossAmount, serverKey: serverKey)
        return [try JSON.encodeSnakeCase(view)]
    }

    func delivery(
        of callback: PendingCallback, signedAt: Timestamp, isForged: Bool
    ) throws -> (headers: Headers, body: Data) {
        let body = Data(callback.body.utf8)
        guard isForged else { return ([:], body) }
        var view = try JSON.decodeSnakeCase(MidtransTransactionView.self, from: body)
        view.signatureKey = String(repeating: "0", count: 128)
        return ([:], try JSON.encodeSnakeCase(view))
    }
}
