import Contracts
import HTTP
import PlatformTestSupport
import ServiceTestSupport
import Testing

@testable import CustomerService

@Suite struct AddressTests {
    @Test func addresses_come_become_the_default_and_go() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            let path = "/customers/\(customer.id)/addresses"
            let (first, second) = (
                try await service.addAddress(customer), try await service.addAddress(customer)
            )
            #expect(first.isDefault && !second.isDefault)
            let chosen = try await service.send(.put, "\(path)/\(second.id)/default")
            #expect(chosen.status == 200)
            #expect(try chosen.json(Customer.self).addresses.map(\.isDefault) == [false, true])
            let again = try await service.send(.put, "\(path)/\(second.id)/default")
            #expect(again.headers["ETag"] == chosen.headers["ETag"])
            #expect(try await service.send(.get, "\(path)/\(second.id)").json(CustomerAddress.self).isDefault)
            #expect(try await service.send(.delete, "\(path)/\(second.id)").status == 204)
            #expect(try await service.send(.delete, "\(path)/\(second.id)").status == 404)
            #expect(try await service.customer(customer.id).addresses == [first])
        }
    }

    @Test func what_is_new_says_where_it_is() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            let answer = try await service.send(.post, "/customers/\(customer.id)/addresses", street)
            let location = try #require(answer.headers["Location"])
            let path = try #require(location.split(separator: "customer", maxSplits: 1).last)
            #expect(try await service.send(.get, String(path)).status == 200)
        }
    }

    @Test(arguments: [
        (#"{"street":"","city":"","country":"id","recipient":"","postalCode":" "}"#, 5),
        (#"{"street":"a","city":"b","country":"IDN"}"#, 1), (#"{"street":"a","city":"b"}"#, 1),
        (#"{"street":"a\nb","city":"b","country":"ID"}"#, 1),
    ])
    func what_is_wrong_is_named(body: String, count: Int) async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            let answer = try await service.send(.post, "/customers/\(customer.id)/addresses", body)
            #expect(answer.status == 400 && answer.fields.count == count)
        }
    }

    @Test func nobody_and_nothing_are_404() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            #expect(try await service.send(.post, "/customers/x/addresses", street).status == 404)
            #expect(try await service.send(.put, "/customers/\(customer.id)/addresses/x/default").status == 404)
            #expect(try await service.send(.delete, "/customers/\(customer.id)/addresses/x").status == 404)
        }
    }

    @Test func of_many_added_at_once_all_are_there_and_one_is_the_default() async throws {
        try await withService(CustomerService.self, on: .threads) { service in
            let customer = try await service.addCustomer()
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<10 { group.addTask { _ = try await service.addAddress(customer) } }
            }
            let addresses = try await service.customer(customer.id).addresses
            #expect(addresses.count == 10 && addresses.filter(\.isDefault).count == 1)
        }
    }
}
