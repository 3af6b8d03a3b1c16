import Contracts
import Testing

@testable import CustomerService

/// A customer's addresses, without a service around them.
@Suite struct AddressBookTests {
    private static let empty = Customer(
        id: "CUS-1", name: "Ann", email: nil, phone: nil, language: .english, addresses: [])

    private static func address(_ street: String) -> Address { Address(street: street, city: "Bandung", country: "ID") }

    private static func customer(_ streets: String...) -> Customer {
        var customer = empty
        for street in streets { _ = customer.add(address(street), id: street, asDefault: false) }
        return customer
    }

    private static func defaults(_ customer: Customer) -> [String] {
        customer.addresses.filter(\.isDefault).map(\.id)
    }

    @Test func the_first_address_is_the_default_and_stays_it() {
        #expect(Self.defaults(Self.customer("a", "b", "c")) == ["a"])
    }

    @Test func a_new_address_can_become_the_default() {
        var customer = Self.customer("a", "b")
        let isAdded = customer.add(Self.address("c"), id: "c", asDefault: true)
        #expect(isAdded && Self.defaults(customer) == ["c"])
    }

    @Test(arguments: [("a", ["b"], true), ("b", ["a"], true), ("x", ["a"], false)])
    func without_its_default_the_oldest_of_the_others_becomes_it(
        removed: String, defaults: [String], isThere: Bool
    ) {
        var customer = Self.customer("a", "b", "c")
        let isRemoved = customer.remove(removed)
        #expect(isRemoved == isThere && Self.defaults(customer) == defaults)
    }

    @Test func without_addresses_nothing_can_be_delivered() {
        var customer = Self.customer("a")
        #expect(customer.deliveryDetails?.address == Self.address("a"))
        _ = customer.remove("a")
        #expect(customer.deliveryDetails == nil && Self.defaults(customer).isEmpty)
    }

    @Test func there_is_a_limit() {
        var customer = Self.empty
        let results = (0...Customer.mostAddresses).map {
            customer.add(Self.address("s"), id: "\($0)", asDefault: false)
        }
        #expect(results.filter { $0 }.count == Customer.mostAddresses && results.last == false)
        #expect(customer.addresses.count == Customer.mostAddresses)
    }
}
