import Cryptography
import Kernel

/// The `signature_key` of a notification: the SHA-512, in hexadecimal, of some of its fields and the server key
/// (Midtrans, "Receiving notifications"). For a transaction the fields are `order_id`, `status_code` and
/// `gross_amount`, but not `transaction_status`. If a buyer linked or unlinked a GoPay account, they are `account_id`,
/// `account_status` and `status_code`.
public enum MidtransSignature {
    public static func make(orderId: String, statusCode: String, grossAmount: String, serverKey: String) -> String {
        make([orderId, statusCode, grossAmount], serverKey: serverKey)
    }

    public static func make(
        accountId: String, accountStatus: String, statusCode: String, serverKey: String
    ) -> String {
        make([accountId, accountStatus, statusCode], serverKey: serverKey)
    }

    private static func make(_ fields: [String], serverKey: String) -> String {
        hexadecimal(Digest.sha512(Array((fields.joined() + serverKey).utf8)))
    }

    static func isGenuine(_ notification: MidtransTransaction, serverKey: String) -> Bool {
        // If the key is empty, anybody could make the signature, so none is accepted.
        guard !serverKey.isEmpty, let given = notification.signatureKey, let fields = fields(of: notification) else {
            return false
        }
        let expected = make(fields, serverKey: serverKey)
        return ConstantTime.isEqual(Array(given.lowercased().utf8), Array(expected.utf8))
    }

    private static func fields(of notification: MidtransTransaction) -> [String]? {
        guard let statusCode = notification.statusCode else { return nil }
        if notification.isAboutAccount {
            guard let id = notification.accountId, let status = notification.accountStatus else { return nil }
            return [id, status, statusCode]
        }
        guard let orderId = notification.orderId, let grossAmount = notification.grossAmount else { return nil }
        return [orderId, statusCode, grossAmount]
    }
}
