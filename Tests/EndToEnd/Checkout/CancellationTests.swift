import Foundation
import PlatformTestSupport
import Testing

extension EndToEnd {
    @Suite struct CancellationTests {
        @Test(arguments: Style.allCases)
        func a_paid_order_is_cancelled_and_all_goes_back(_ style: Style) async throws {
            let shop = try ShopUnderTest(style)
            try await shop.up()
            let id = try await paidOrder(in: shop)
            try await eventually("delivery is started") {
                try await shop.dashboard(id)["deliveryStatus"].string == "STARTED"
            }
            let answer = try await HTTP.post(
                shop.url("order", "/orders/\(id)/cancel"), #"{"reason": "second thoughts"}"#)
            #expect([200, 202].contains(answer.status), "\(answer.text)")
            try await eventually("the order is cancelled") {
                try await shop.order(id)["status"].string == "CANCELLED"
            }
            #expect(try await shop.pieces() == [10, 0])
            #expect(try await shop.moneyKept() == 0)
            let deliveries = try await shop.all("delivery", "/deliveries", "deliveries")
            #expect(deliveries.map { $0["status"].string } == ["CANCELLED"])
            try await eventually("both are told of the order and of its end") {
                try await shop.dashboard(id)["messagesSent"].int == 4
            }
            #expect(try await shop.dashboard(id)["status"].string == "CANCELLED")
            #expect(try await shop.booksAgree())
            let again = try await HTTP.post(shop.url("order", "/orders/\(id)/cancel"), "")
            #expect(again.status == 200)
        }

        @Test func while_delivery_is_down_a_cancellation_waits_for_it() async throws {
            let shop = try ShopUnderTest(.orchestrated)
            try await shop.up()
            let id = try await paidOrder(in: shop)
            try await shop.command("stop", "delivery")
            let answer = try await HTTP.post(shop.url("order", "/orders/\(id)/cancel"), "")
            #expect(answer.status == 202)
            #expect(try await shop.order(id)["status"].string == "CANCELLING")
            let sagas = try await shop.run([
                "sagas", "list", "--saga", "cancellation",
                "--order", shop.url("order", "").absoluteString,
            ])
            #expect(sagas.output.contains(id) && sagas.output.contains("cancel the delivery"), "\(sagas.output)")
            try await shop.command("start", "delivery")
            try await eventually("the order is cancelled") {
                try await shop.order(id)["status"].string == "CANCELLED"
            }
            #expect(try await shop.moneyKept() == 0)
            #expect(try await shop.pieces() == [10, 0])
        }

        @Test func an_order_that_is_on_its_way_goes_on() async throws {
            let shop = try ShopUnderTest(.orchestrated)
            try await shop.up()
            let id = try await paidOrder(in: shop)
            try await eventually("delivery is started") {
                try await shop.dashboard(id)["deliveryStatus"].string == "STARTED"
            }
            let delivery = try #require(try await shop.dashboard(id)["deliveryId"].string)
            let shipped = try await HTTP.post(
                shop.url("delivery", "/deliveries/\(delivery)/ship"), #"{"trackingCode": "JNE-1"}"#)
            #expect(shipped.status == 200, "\(shipped.text)")
            let refused = try await HTTP.post(shop.url("order", "/orders/\(id)/cancel"), "")
            #expect(refused.status == 409)
            try await eventually("the order is shipped") { try await shop.order(id)["status"].string == "SHIPPED" }
            _ = try await HTTP.post(shop.url("delivery", "/deliveries/\(delivery)/deliver"), "")
            try await eventually("the order is delivered") {
                try await shop.order(id)["status"].string == "DELIVERED"
            }
            #expect(try await shop.pieces() == [8, 0])
        }

        @Test func a_refund_gives_money_back_once_and_stock_where_it_is_asked_for() async throws {
            let shop = try ShopUnderTest(.orchestrated)
            try await shop.up()
            let id = try await paidOrder(in: shop)
            let refunds = shop.url("order", "/orders/\(id)/refunds")
            #expect(try await HTTP.post(refunds, "").status == 400)
            let key = ["Idempotency-Key": "refund-1"]
            let first = try await HTTP.post(refunds, #"{"amount": 4000}"#, headers: key)
            #expect([201, 202].contains(first.status), "\(first.text)")
            let again = try await HTTP.post(refunds, #"{"amount": 4000}"#, headers: key)
            #expect(again.json["id"].string == first.json["id"].string)
            try await eventually("some of the money is back") {
                try await shop.order(id)["status"].string == "PARTIALLY_REFUNDED"
            }
            #expect(try await shop.moneyKept() == 6000)
            let unshipped = try await HTTP.post(
                refunds, #"{"returnsStock": true}"#, headers: ["Idempotency-Key": "refund-unshipped"])
            #expect(unshipped.status == 409, "its delivery would go on: \(unshipped.text)")
            try await eventually("the delivery has started") {
                try await shop.dashboard(id)["deliveryId"].string != nil
            }
            let delivery = try #require(try await shop.dashboard(id)["deliveryId"].string)
            let shipped = try await HTTP.post(shop.url("delivery", "/deliveries/\(delivery)/ship"), "")
            #expect(shipped.status == 200, "\(shipped.text)")
            try await eventually("the order is shipped") { try await shop.order(id)["status"].string == "SHIPPED" }
            let rest = try await HTTP.post(
                refunds, #"{"returnsStock": true}"#, headers: ["Idempotency-Key": "refund-2"])
            #expect([201, 202].contains(rest.status), "\(rest.text)")
            try await eventually("the order is refunded") { try await shop.order(id)["status"].string == "REFUNDED" }
            try await eventually("the stock is back") { try await shop.pieces() == [10, 0] }
            #expect(try await shop.moneyKept() == 0)
            #expect(
                try await HTTP.post(refunds, "", headers: ["Idempotency-Key": "refund-3"]).status == 409)
            #expect(try await shop.booksAgree())
        }

        /// Of 2 pieces of 10, for 10,000.
        private func paidOrder(in shop: ShopUnderTest) async throws -> String {
            try await shop.stock(pieces: 10)
            let answer = try await shop.checkOut(try await shop.cart(of: try await shop.customer()))
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.json["id"].string)
            // Order hears of its payment on a way of its own.
            try await eventually("the order is paid") { try await shop.order(id)["status"].string == "PAID" }
            return id
        }
    }
}
