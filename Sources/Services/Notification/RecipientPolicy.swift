import Contracts

/// Chooses the recipients of a notification and their channels, among the addresses that are known.
struct RecipientPolicy: Sendable {
    let seller: Seller

    struct Seller: Sendable {
        let email: String
        let phone: String?
        let language: Language
    }
    struct Addressee: Sendable, Hashable {
        let recipient: Message.Recipient
        let channel: Message.Channel
        let address: String
        let language: Language
        let name: String?
    }

    func addressees(of kind: NotificationKind, buyer: Buyer) -> [Addressee] {
        Self.channels(of: kind, to: .seller).compactMap { channel in
            let address = channel == .email ? seller.email : seller.phone
            return address.map {
                Addressee(recipient: .seller, channel: channel, address: $0, language: seller.language, name: nil)
            }
        }
            + Self.channels(of: kind, to: .buyer).compactMap { channel in
                let address = channel == .email ? buyer.email : buyer.phone
                return address.map {
                    Addressee(
                        recipient: .buyer, channel: channel, address: $0, language: buyer.language ?? seller.language,
                        name: buyer.name)
                }
            }
    }

    /// The seller is notified of events that need an action. Text messages are for events that should not wait for a
    /// mail to be read.
    static func channels(of kind: NotificationKind, to recipient: Message.Recipient) -> [Message.Channel] {
        switch (recipient, kind) {
        case (_, .paid), (_, .cancelled): [.email, .sms]
        case (.seller, .refundFailed), (.seller, .disputed): [.email]
        case (.seller, _), (.buyer, .disputed): []
        case (.buyer, .shipped): [.email, .sms]
        case (.buyer, .paymentFailed), (.buyer, .refunded), (.buyer, .refundFailed), (.buyer, .delivered): [.email]
        }
    }
}
