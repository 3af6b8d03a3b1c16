import Contracts
import HTTP
import Kernel
import ServiceTestSupport
import Testing

@testable import CustomerService

@Suite struct DeliveryDetailsTests {
    @Test func they_are_the_buyer_and_the_default_address() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            _ = try await service.addAddress(customer)
            let answer = try await service.send(.get, CustomerAPI.deliveryPath(customerId: customer.id))
            let details = try answer.json(DeliveryDetails.self)
            #expect(details.buyer == customer.buyer && details.buyer.email == "ann@example.com")
            #expect(details.address == Address(street: "Jalan Braga 1", city: "Bandung", country: "ID"))
        }
    }

    @Test func without_a_customer_or_an_address_there_are_none() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            let none = try await service.send(.get, CustomerAPI.deliveryPath(customerId: customer.id))
            #expect(none.status == 422 && Problem(none)?.type == CustomerAPI.noAddress)
            #expect(try await service.send(.get, CustomerAPI.deliveryPath(customerId: "CUS-0")).status == 404)
        }
    }

    static func reserved(_ customerId: String) -> StockReserved {
        let checkout = CheckoutRequested(
            orderId: "ORD-1", cartId: "CRT-1", customerId: customerId, branchId: 3,
            items: [CheckoutItem(sauceId: 1, qty: 2)], requestedAt: Timestamp(milliseconds: 0))
        return StockReserved(
            checkout: checkout, items: [OrderItem(sauceId: 1, name: "ABC", qty: 2, price: 100)],
            currency: .southKoreanWon)
    }

    @Test func a_checkout_whose_stock_is_reserved_becomes_an_order() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            let address = try await service.addAddress(customer).address
            let reserved = Self.reserved(customer.id)
            try await service.hear(reserved, about: "ORD-1")
            let order = CreateOrder(
                orderId: "ORD-1", cartId: "CRT-1", checkout: .choreographed, branchId: 3, items: reserved.items,
                currency: .southKoreanWon, buyer: customer.buyer, address: address)
            #expect(try service.published(AddressConfirmed.self) == [AddressConfirmed(order: order)])
            #expect(try service.published(AddressRejected.self).isEmpty)
        }
    }

    @Test func a_checkout_that_nothing_can_be_delivered_to_is_rejected() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            try await service.hear(Self.reserved(customer.id), about: "ORD-1")
            try await service.hear(Self.reserved("CUS-0"), about: "ORD-1", version: 2)
            #expect(try service.published(AddressRejected.self).map(\.orderId) == ["ORD-1", "ORD-1"])
            #expect(try service.published(AddressConfirmed.self).isEmpty)
        }
    }
}
