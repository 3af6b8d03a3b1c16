import Contracts
import Foundation
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Testing

@testable import NotificationService

@Suite struct NotificationServiceTests {
    static let id = Samples.orderId
    static let paidKeys: Set<String> = [
        "MSG-\(id)-paid-seller-email", "MSG-\(id)-paid-buyer-email", "MSG-\(id)-paid-buyer-sms",
    ]
    static let deliveryKeys: Set<String> = [
        "MSG-\(id)-shipped-buyer-email", "MSG-\(id)-shipped-buyer-sms", "MSG-\(id)-delivered-buyer-email",
    ]

    /// Long enough for everything that is due to be sent, and for what should not be sent to show.
    static func settle(_ service: ServiceUnderTest, _ time: Duration = .seconds(30)) async throws {
        try await service.loop.sleep(for: time)
    }

    @Test func a_paid_order_is_told_once_however_often_the_event_comes() async throws {
        try await ServiceUnderTest.run(NotificationService.self) { service in
            let channels = Channels(service)
            for _ in 0..<3 { try await service.tell(Samples.paid(), about: Self.id) }
            try await Self.settle(service)
            #expect(channels.sent.count == 3)
            #expect(Set(channels.sent.map(\.key)) == Self.paidKeys)
            #expect(Set(channels.sent.map(\.to)) == ["seller@example.com", "buyer@example.com", "+628123456789"])
        }
    }

    @Test func every_kind_of_news_is_told_once() async throws {
        try await ServiceUnderTest.run(NotificationService.self) { service in
            let channels = Channels(service)
            for _ in 0..<2 {
                try await service.tell(Samples.paid(), about: Self.id)
                try await service.tell(OrderPaymentFailed(order: Samples.order(), reason: "x"), about: Self.id)
                try await service.tell(Samples.cancelled(), about: Self.id)
                try await service.tell(Samples.refunded(500, inAll: 500), about: Self.id)
                try await service.tell(Samples.refunded(500, inAll: 1000), about: Self.id)
                try await service.tell(Samples.shipped(), about: Self.id)
                try await service.tell(Samples.delivered(), about: Self.id)
            }
            try await Self.settle(service)
            let rest: Set<String> = [
                "MSG-\(Self.id)-paymentFailed-buyer-email", "MSG-\(Self.id)-cancelled-seller-email",
                "MSG-\(Self.id)-cancelled-buyer-email", "MSG-\(Self.id)-cancelled-buyer-sms",
                "MSG-\(Self.id)-refunded-500-buyer-email", "MSG-\(Self.id)-refunded-1000-buyer-email",
            ]
            #expect(Set(channels.sent.map(\.key)) == Self.paidKeys.union(Self.deliveryKeys).union(rest))
            #expect(channels.sent.count == Set(channels.sent).count)
        }
    }

    @Test(arguments: [
        ["shipped", "delivered", "paid"], ["delivered", "paid", "shipped"], ["paid", "delivered", "shipped"],
    ])
    func a_delivery_is_told_whichever_event_comes_first(_ order: [String]) async throws {
        try await ServiceUnderTest.run(NotificationService.self) { service in
            let channels = Channels(service)
            for what in order + order {
                switch what {
                case "paid": try await service.tell(Samples.paid(), about: Self.id)
                case "shipped": try await service.tell(Samples.shipped(), about: Self.id)
                default: try await service.tell(Samples.delivered(), about: Self.id)
                }
            }
            try await Self.settle(service)
            #expect(Set(channels.sent.map(\.key)) == Self.paidKeys.union(Self.deliveryKeys))
            #expect(channels.sent.count == 6)
        }
    }

    @Test(arguments: [true, false])
    func the_delivery_to_a_buyer_who_cannot_be_reached_is_told_nobody(_ isPaidFirst: Bool) async throws {
        try await ServiceUnderTest.run(NotificationService.self) { service in
            let channels = Channels(service)
            let paid = Samples.paid(buyer: Buyer())
            if isPaidFirst { try await service.tell(paid, about: Self.id) }
            try await service.tell(Samples.shipped(), about: Self.id)
            if !isPaidFirst { try await service.tell(paid, about: Self.id) }
            try await service.tell(Samples.delivered(), about: Self.id)
            try await Self.settle(service)
            #expect(channels.sent.map(\.key) == ["MSG-\(Self.id)-paid-seller-email"])
        }
    }

    @Test func what_a_channel_does_not_take_is_tried_again_with_the_same_key() async throws {
        try await ServiceUnderTest.run(NotificationService.self) { service in
            let channels = Channels(service)
            channels.answer("email", [503, 504, 503, 429])
            try await service.tell(Samples.paid(), about: Self.id)
            try await Self.settle(service, .seconds(120))
            #expect(Set(channels.sent.map(\.key)) == Self.paidKeys)
            #expect(channels.sent.count == 3)
            #expect(channels.requests.count == 7)
        }
    }

    @Test func what_a_channel_refuses_is_not_tried_again_and_can_be_seen() async throws {
        try await ServiceUnderTest.run(NotificationService.self) { service in
            let channels = Channels(service)
            channels.answer("sms", [422])
            try await service.tell(Samples.paid(), about: Self.id)
            try await Self.settle(service, .seconds(120))
            #expect(channels.requests.count == 3)
            let found = try await service.send(.get, "/messages/search/findByStatus?status=FAILED")
            let text = String(decoding: found.body, as: UTF8.self)
            #expect(found.status == 200)
            #expect(text.contains("MSG-\(Self.id)-paid-buyer-sms") && text.contains("sms answered 422"))
            #expect(!text.contains("-email"))
        }
    }

    @Test func a_channel_that_hangs_holds_up_neither_the_other_nor_its_own_later_messages() async throws {
        try await ServiceUnderTest.run(NotificationService.self) { service in
            let channels = Channels(service)
            let loop = service.loop
            service.transport.register("sms") { _ in
                try? await loop.sleep(for: .seconds(3600))
                return Response(status: 202)
            }
            let start = loop.uptime
            for number in 0..<3 {
                try await service.tell(Samples.paid("ORD-\(number)"), about: "ORD-\(number)")
                try await eventually(on: loop) { channels.sent.count == 2 * (number + 1) }
            }
            #expect(loop.uptime - start < .seconds(5))
        }
    }

    @Test func a_channel_that_is_down_is_left_alone_for_a_while() async throws {
        try await ServiceUnderTest.run(NotificationService.self, "breaker:\n  minimumCalls: 3\n  openDuration: 300s") {
            service in
            let channels = Channels(service)
            channels.answer("sms", Array(repeating: 503, count: 100))
            for number in 0..<10 {
                try await service.tell(Samples.paid("ORD-\(number)"), about: "ORD-\(number)")
                try await eventually(on: service.loop) { channels.sent.count == 2 * (number + 1) }
            }
            try await Self.settle(service, .seconds(60))
            #expect(channels.requests.count { $0.channel == "sms" } == 3)
            #expect(channels.sent.count == 20)
        }
    }

    @Test func many_messages_are_all_sent_once() async throws {
        try await ServiceUnderTest.run(NotificationService.self, "concurrency: 4") { service in
            let channels = Channels(service)
            for number in 0..<50 { try await service.tell(Samples.paid("ORD-\(number)"), about: "ORD-\(number)") }
            try await eventually(on: service.loop) { channels.sent.count == 150 }
            try await Self.settle(service)
            #expect(channels.sent.count == 150)
            #expect(Set(channels.sent).count == 150)
        }
    }
}
