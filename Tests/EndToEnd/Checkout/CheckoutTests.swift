import Foundation
import Testing

extension EndToEnd {
    /// A checkout to its end, led by cart and led by nobody: each test holds for both.
    @Suite struct CheckoutTests {
        @Test(arguments: Style.allCases, Layout.allCases)
        func what_is_in_the_cart_is_ordered_paid_and_told(_ style: Style, _ layout: Layout) async throws {
            let shop = try ShopUnderTest(style, layout: layout)
            try await shop.up()
            try await shop.stock(1, pieces: 10)
            try await shop.stock(2, pieces: 10, price: 100)
            let cart = try await shop.cart(of: try await shop.customer(), [(1, 2), (2, 3)])

            let answer = try await shop.checkOut(cart, key: "checkout-1")
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.json["id"].string)
            #expect(answer.json["status"].string == "COMPLETED")
            #expect(answer.json["style"].string == style.rawValue)
            let again = try await shop.checkOut(cart, key: "checkout-1")
            #expect(again.status == 201)
            #expect(again.headers["idempotent-replayed"] == "true")
            #expect(again.json["id"].string == id)

            // Order hears of its payment on a way of its own.
            try await eventually("the order is paid") { try await shop.order(id)["status"].string == "PAID" }
            let order = try await shop.order(id)
            #expect(order["amount"].int == 10_300)
            #expect(order["items"].array.count == 2)
            #expect(order["address"]["city"].string == "Jakarta")
            #expect(try await shop.pieces(1) == [8, 0])
            #expect(try await shop.pieces(2) == [7, 0])
            #expect(try await shop.charges(of: id) == 1)
            #expect(try await shop.cartStatus(cart) == "ORDERED")
            try await eventually("delivery is started, seller and buyer are told") {
                let row = try await shop.dashboard(id)
                return row["deliveryStatus"].string == "STARTED" && row["messagesSent"].int == 2
            }
            #expect(try shop.mails(about: id).count == 2)
            #expect(try await shop.booksAgree())
        }

        @Test(arguments: Style.allCases) func what_is_not_there_is_not_ordered(_ style: Style) async throws {
            let shop = try ShopUnderTest(style)
            try await shop.up()
            try await shop.stock(1, pieces: 10)
            try await shop.stock(2, pieces: 1)
            let cart = try await shop.cart(of: try await shop.customer(), [(1, 2), (2, 2)])
            let answer = try await shop.checkOut(cart)
            #expect(answer.status == 409)
            #expect(answer.json["type"].string == "/problems/out-of-stock")
            try await expectNothing(in: shop, cart, "OUT_OF_STOCK")
            #expect(try await shop.pieces(1) == [10, 0])
            #expect(try await shop.pieces(2) == [1, 0])

            // The cart can be changed and tried again.
            _ = try await HTTP.send(
                "PUT", shop.url("cart", "/carts/\(cart)/items/2"), body: Data(#"{"qty": 1}"#.utf8))
            #expect(try await shop.checkOut(cart).status == 201)
        }

        @Test(arguments: Style.allCases) func without_an_address_nothing_is_ordered(_ style: Style) async throws {
            let shop = try ShopUnderTest(style)
            try await shop.up()
            try await shop.stock(pieces: 10)
            let cart = try await shop.cart(of: try await shop.customer(hasAddress: false))
            let answer = try await shop.checkOut(cart)
            #expect(answer.status == 422)
            #expect(answer.json["type"].string == "/problems/no-address")
            try await expectNothing(in: shop, cart, "NO_ADDRESS")
            try await eventually("the stock is back") { try await shop.pieces() == [10, 0] }
        }

        @Test(arguments: Style.allCases, Layout.allCases)
        func a_declined_payment_gives_all_back(_ style: Style, _ layout: Layout) async throws {
            let shop = try ShopUnderTest(style, layout: layout)
            try await shop.up()
            try await shop.setFaults(#"{"refusals": 1}"#)
            try await shop.stock(pieces: 10)
            let cart = try await shop.cart(of: try await shop.customer())
            let answer = try await shop.checkOut(cart)
            #expect(answer.status == 402, "\(answer.text)")
            let id = try #require(try await shop.checkout(ofCart: cart)["id"].string)
            try await eventually("the order ends") {
                try await shop.order(id)["status"].string == "PAYMENT_FAILED"
            }
            try await eventually("the stock is back") { try await shop.pieces() == [10, 0] }
            #expect(try await shop.moneyKept() == 0)
            #expect(try await shop.cartStatus(cart) == "OPEN")
            #expect(try await shop.booksAgree())
        }

        @Test(arguments: Style.allCases)
        func a_payment_whose_answer_is_lost_is_found_and_the_order_paid(_ style: Style) async throws {
            let shop = try ShopUnderTest(style)
            try await shop.up()
            try await shop.setFaults(#"{"lostReplies": "1 time", "callbacksOff": true}"#)
            try await shop.stock(pieces: 10)
            let cart = try await shop.cart(of: try await shop.customer())
            let answer = try await shop.checkOut(cart)
            #expect([201, 202].contains(answer.status), "\(answer.text)")
            let id = try #require(answer.json["id"].string)
            try await eventually("the checkout completes") {
                try await shop.checkout(ofCart: cart)["status"].string == "COMPLETED"
            }
            // Cart has asked; the order is told by an event.
            try await eventually("the order is paid") { try await shop.order(id)["status"].string == "PAID" }
            #expect(try await shop.pieces() == [8, 0])
            #expect(try await shop.charges(of: id) == 1)
            #expect(try await shop.booksAgree())
        }

        @Test(arguments: Style.allCases)
        func while_email_is_down_orders_go_on_and_the_mails_come_later(_ style: Style) async throws {
            let shop = try ShopUnderTest(style)
            try await shop.up()
            try await shop.stock(pieces: 10)
            try await shop.command("stop", "email")
            let cart = try await shop.cart(of: try await shop.customer())
            let answer = try await shop.checkOut(cart)
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.json["id"].string)
            #expect(try shop.mails(about: id).isEmpty)
            try await shop.command("start", "email")
            try await eventually("both are told") { try await shop.dashboard(id)["messagesSent"].int == 2 }
            #expect(try shop.mails(about: id).count == 2)
        }

        @Test(arguments: Style.allCases)
        func stock_that_cannot_be_given_back_now_is_given_back_later(_ style: Style) async throws {
            let shop = try ShopUnderTest(style)
            try await shop.up()
            try await shop.stock(pieces: 10)
            let customer = try await shop.customer(hasAddress: false)
            let cart = try await shop.cart(of: customer)
            try await shop.command("stop", "customer")
            #expect(try await shop.checkOut(cart, prefer: "respond-async").status == 202)
            try await eventually("the stock is reserved") { try await shop.pieces() == [10, 2] }
            try await shop.command("stop", "product")
            try await shop.command("start", "customer")
            if style == .orchestrated {
                try await eventually("the saga is to give the stock back") {
                    let sagas = try await shop.all("cart", "/sagas/checkout", "checkoutSagas")
                    return sagas.first?["status"].string == "COMPENSATING" && (sagas.first?["tries"].int ?? 0) > 0
                }
            }
            try await shop.command("start", "product")
            try await eventually("the stock is back") { try await shop.pieces() == [10, 0] }
            try await eventually("the checkout has failed") {
                try await shop.checkout(ofCart: cart)["failure"].string == "NO_ADDRESS"
            }
            try await expectNothing(in: shop, cart, "NO_ADDRESS")
        }

        private func expectNothing(in shop: ShopUnderTest, _ cart: String, _ failure: String) async throws {
            let checkout = try await shop.checkout(ofCart: cart)
            #expect(checkout["status"].string == "FAILED")
            #expect(checkout["failure"].string == failure)
            #expect(try await shop.cartStatus(cart) == "OPEN")
            #expect(try await shop.orders().isEmpty)
            #expect(try await shop.charges().isEmpty)
        }
    }
}
