import Contracts
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Storage
import StorageSQLite
import Testing

@testable import CartService

/// A choreographed checkout that takes too long is given up, whatever else runs.
@Suite struct CheckoutExpiryTests {
    static let yaml = "checkout: choreographed\npaymentPatience: 60s\nwait: 1s"

    @Test func others_that_run_longer_do_not_starve_one_that_is_due() async throws {
        try await CartUnderTest.run(Self.yaml) { shop in
            let checkouts = Repository<Checkout>(try #require(shop.service.database), detaching: { _ in nil })
            let time = shop.service.loop.now - .seconds(3600)
            try await checkouts.database.transaction { tx in
                for number in 0..<1_100 {
                    let checkout = Self.checkout("ORD-\(number)", .orchestrated, at: time)
                    try await checkouts.insert(checkout, in: tx)
                }
            }
            let cart = try await shop.cart()
            let due = try await shop.checkOut(cart, key: "K-1", isAsync: true).json(CartUnderTest.Named.self).id
            try await shop.service.loop.sleep(for: .seconds(70))
            try await shop.service.settle()
            #expect(try shop.service.published(CheckoutExpired.self).map(\.orderId) == [due])
        }
    }

    @Test func those_that_were_given_up_before_do_not_starve_the_next_one() async throws {
        try await CartUnderTest.run(Self.yaml) { shop in
            let checkouts = Repository<Checkout>(try #require(shop.service.database), detaching: { _ in nil })
            let time = shop.service.loop.now
            try await checkouts.database.transaction { tx in
                for number in 0..<1_100 {
                    let checkout = Self.checkout("ORD-\(number)", .choreographed, at: time)
                    try await checkouts.insert(checkout, in: tx)
                }
            }
            try await shop.service.loop.sleep(for: .seconds(5))
            let cart = try await shop.cart()
            let next = try await shop.checkOut(cart, key: "K-1", isAsync: true).json(CartUnderTest.Named.self).id
            // Eleven batches, a second between them.
            try await shop.service.loop.sleep(for: .seconds(80))
            try await shop.service.settle()
            let told = try shop.service.published(CheckoutExpired.self).map(\.orderId)
            #expect(told.contains(next) && Set(told).count == 1_101)
        }
    }

    @Test func one_that_is_not_due_runs_on() async throws {
        try await CartUnderTest.run(Self.yaml) { shop in
            let cart = try await shop.cart()
            let id = try await shop.checkOut(cart, key: "K-1", isAsync: true).json(CartUnderTest.Named.self).id
            try await shop.service.loop.sleep(for: .seconds(50))
            try await shop.service.settle()
            #expect(try shop.service.published(CheckoutExpired.self).isEmpty)
            // Again and again, as its order may come to be later.
            try await shop.until {
                try shop.service.published(CheckoutExpired.self).filter { $0.orderId == id }.count == 3
            }
        }
    }

    @Test func one_that_was_begun_before_an_upgrade_expires_as_well() async throws {
        try await LoopKind.simulated.run { loop in
            let service = try ServiceUnderTest(CartService.self, Self.yaml, on: loop)
            let before = try SQLiteDatabase(path: service.file("cart.db"), loop: loop)
            try await before.migrate([CartService.migrations[0]])
            let fields = Checkout.collection.fields.filter { !Checkout.laterFields.contains($0.schema.name) }
            try await before.transaction { tx in
                for (number, style) in [CheckoutStyle.orchestrated, .choreographed, .choreographed].enumerated() {
                    var checkout = Self.checkout("ORD-\(number)", style, at: loop.now)
                    checkout.version = 1
                    if number == 2 { checkout.complete(at: loop.now) }
                    let record = Record(
                        id: checkout.id, version: 1, document: try JSON.bytes(of: checkout),
                        fields: fields.map { $0.value(checkout) })
                    try await tx.insert(record, into: Checkout.firstSchema)
                }
            }
            await before.close()
            try await service.start()
            try await loop.sleep(for: .seconds(130))
            try await service.settle()
            let told = try service.published(CheckoutExpired.self).map(\.orderId)
            await service.stop()
            #expect(Set(told) == ["ORD-1"])
        }
    }

    private static func checkout(_ id: String, _ style: CheckoutStyle, at time: Timestamp) -> Checkout {
        let cart = Cart(id: "CRT-\(id)", customerId: "CUS-1", branchId: 1, items: [CheckoutItem(sauceId: 1, qty: 2)])
        return Checkout(orderId: id, cart: cart, style: style, at: time)
    }
}
