import CartService
import HTTP
import ServiceTestSupport
import Testing

/// The links between a cart and its checkouts, whose records are aggregates of another kind.
@Suite struct CheckoutLinkTests {
    @Test func a_cart_and_its_checkouts_are_found_from_each_other() async throws {
        try await CartUnderTest.run { shop in
            let cart = try await shop.cart()
            let checkout = try await shop.checkOut(cart, key: "K-1").json(CartUnderTest.Named.self).id

            let checkouts = try await shop.service.send(.get, "/carts/\(cart)/checkouts")
            #expect(checkouts.status == 200 && checkouts.text.contains("\"\(checkout)\""), "\(checkouts.text)")
            let found = try await shop.service.send(.get, "/checkouts/\(checkout)/cart")
            #expect(try found.json(CartUnderTest.Named.self).id == cart)

            #expect(try await shop.service.send(.get, "/checkouts/CHK-none/cart").status == 404)
            #expect(try await shop.service.send(.get, "/carts/CRT-none/checkouts").status == 404)
        }
    }
}
