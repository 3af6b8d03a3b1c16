import Contracts
import Kernel
import Testing

@testable import NotificationService

@Suite struct MessageIdentityTests {
    static let recipients = RecipientPolicy(
        seller: .init(email: "seller@example.com", phone: "+821012345678", language: .korean))

    static func messages(_ notification: OrderNotification, buyer: Buyer = Samples.buyer) -> [Message] {
        recipients.addressees(of: notification.kind, buyer: buyer).map {
            Message(notification, to: $0, at: Samples.time)
        }
    }

    @Test func each_notification_person_and_channel_has_one_message() {
        let notification = Samples.all
        let ids = notification.flatMap { Self.messages($0).map(\.id) }
        // The order's two cancellations are one notification.
        let distinct = Set(ids)
        #expect(ids.count - distinct.count == Self.messages(.cancelled(Samples.cancelled())).count)
        #expect(distinct == Set(notification.flatMap { Self.messages($0).map(\.id) }))
    }

    @Test func refunds_are_told_apart_by_what_went_back_so_far() {
        let first = Self.messages(.refunded(Samples.refunded(500, inAll: 500))).map(\.id)
        let second = Self.messages(.refunded(Samples.refunded(500, inAll: 1000))).map(\.id)
        #expect(first == ["MSG-ORD-01K3Q7-refunded-500-buyer-email"])
        #expect(second == ["MSG-ORD-01K3Q7-refunded-1000-buyer-email"])
    }

    @Test func every_id_is_a_key_that_the_channels_take() {
        for message in Samples.all.flatMap({ Self.messages($0) }) {
            #expect(message.id.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: ",") })
            #expect(message.id.utf8.count <= 255)
        }
    }

    @Test func who_cannot_be_reached_is_told_nothing() {
        let paid = OrderNotification.paid(Samples.paid())
        #expect(Self.messages(paid, buyer: Buyer()).map(\.recipient) == [.seller, .seller])
        #expect(
            Self.messages(paid, buyer: Buyer(email: "a@b")).map(\.address) == [
                "seller@example.com", "+821012345678", "a@b",
            ])
        #expect(Self.messages(.shipped(Samples.shipped()), buyer: Buyer()).isEmpty)
    }

    @Test func each_person_is_told_in_their_language() {
        let buyer = Buyer(email: "a@b", language: .indonesian)
        #expect(
            Self.messages(.paid(Samples.paid()), buyer: buyer).map(\.content.language) == [
                .korean, .korean, .indonesian,
            ])
        #expect(
            Self.messages(.shipped(Samples.shipped()), buyer: Buyer(email: "a@b")).map(\.content.language) == [.korean])
    }
}
