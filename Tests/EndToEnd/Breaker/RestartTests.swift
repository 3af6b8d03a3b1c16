import Foundation
import Testing

extension EndToEnd {
    /// Payment is killed and back a moment later, with the breakers as they are by default: what was refused meanwhile is
    /// taken again as soon as somebody listens.
    @Suite struct RestartTests {
        /// A fifth of the time for which an open circuit stays open by default.
        private static let limit = Duration.seconds(2)

        @Test(arguments: [Duration.milliseconds(200), .seconds(1), .seconds(3)])
        func with_payment_killed_and_back_orders_are_taken_at_once(_ pause: Duration) async throws {
            let shop = try ShopUnderTest(transport: "sockets")
            try await shop.up()
            try await shop.command("stop", "payment")
            let payment = try await shop.serve("payment")
            // Connections to it are open, and idle when it dies.
            for _ in 0..<8 {
                try await eventually("orders are taken") { try await shop.place().status == 201 }
            }

            payment.killNow()
            let end = ContinuousClock.now + pause
            var refusals: [Int] = []
            while ContinuousClock.now < end { refusals.append(try await shop.place().status) }
            #expect(refusals.count >= 5 && refusals.allSatisfy { $0 == 503 || $0 == 202 }, "\(refusals)")
            try await shop.serve("payment")

            let back = ContinuousClock.now
            try await eventually("orders are taken again") { try await shop.place().status == 201 }
            let wait = ContinuousClock.now - back
            #expect(wait < Self.limit)
            for number in 1...20 { #expect(try await shop.place().status == 201, "the order \(number) after that") }
            report("restart: back after \(pause) and \(refusals.count) refusals, orders are taken after \(wait)")
            try await eventually("every order that stands is paid", within: .seconds(60)) {
                try await shop.orders().allSatisfy { $0["status"].string == "PAID" }
            }
            #expect(try await shop.charges().count == shop.orders().count)
        }
    }
}
