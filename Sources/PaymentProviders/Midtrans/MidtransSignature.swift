import Cryptography

/// `signature_key` of a notification: hex SHA-512 over order_id, status_code, gross_amount and the server key (Midtrans,
/// "Verifying notification authenticity"). It covers neither `transaction_status` nor anything else.
public enum MidtransSignature {
    public static func make(orderId: String, statusCode: String, grossAmount: String, serverKey: String) -> String {
        Hex.encode(Digest.sha512(Array((orderId + statusCode + grossAmount + serverKey).utf8)))
    }

    static func isGenuine(_ notification: MidtransTransaction, serverKey: String) -> Bool {
        // Anybody can sign with an empty key.
        guard !serverKey.isEmpty, let given = notification.signatureKey, let orderId = notification.orderId,
            let statusCode = notification.statusCode, let grossAmount = notification.grossAmount
        else { return false }
        let expected = make(
            orderId: orderId, statusCode: statusCode, grossAmount: grossAmount, serverKey: serverKey)
        return ConstantTime.isEqual(Array(given.lowercased().utf8), Array(expected.utf8))
    }
}
