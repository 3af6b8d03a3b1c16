import Contracts
import HTTP
import ServiceTestSupport
import Testing

@testable import CustomerService

@Suite struct CustomerTests {
    @Test func a_customer_is_added_changed_and_found() async throws {
        try await withService(CustomerService.self) { service in
            let added = try await service.addCustomer(
                #"{"name":"Ann","email":"Ann@Example.com","phone":"+628123456789"}"#)
            #expect(added.id.hasPrefix("CUS-") && added.language == .english)
            let changed = try await service.send(
                .patch, "/customers/\(added.id)", #"{"language":"ko","phone":null}"#)
            #expect(changed.status == 200)
            let found = try await service.send(.get, "/customers/search/findByEmail?email=ann@example.com")
            #expect(found.text.contains(added.id) && found.text.contains(#""language":"ko""#))
            #expect(!found.text.contains("+628"))
        }
    }

    @Test(arguments: [
        (#"{"name":"","email":"x","phone":"0812"}"#, ["name", "email", "phone"]), (#"{}"#, ["name"]),
        (#"{"name":"Ann","language":"xx"}"#, ["language"]),
    ])
    func what_is_wrong_is_named(body: String, fields: [String]) async throws {
        try await withService(CustomerService.self) { service in
            let answer = try await service.send(.post, "/customers", body)
            #expect(answer.status == 400 && answer.fields == fields)
        }
    }

    @Test func an_email_address_belongs_to_one_customer() async throws {
        try await withService(CustomerService.self) { service in
            let first = try await service.addCustomer()
            let second = try await service.addCustomer(#"{"name":"Bea"}"#)
            _ = try await service.addCustomer(#"{"name":"Cid"}"#)
            let taken = try await service.send(.post, "/customers", #"{"name":"x","email":"ANN@example.com"}"#)
            #expect(taken.status == 409 && taken.fields == ["email"])
            let patched = try await service.send(
                .patch, "/customers/\(second.id)", #"{"email":"ann@example.com"}"#)
            #expect(patched.status == 409 && patched.fields == ["email"])
            #expect(try await service.customer(first.id).email == "ann@example.com")
        }
    }

    @Test func replacing_a_customer_keeps_the_addresses() async throws {
        try await withService(CustomerService.self, "language: id") { service in
            let customer = try await service.addCustomer()
            let address = try await service.addAddress(customer)
            let answer = try await service.send(
                .put, "/customers/\(customer.id)", #"{"name":"Bea","addresses":[]}"#)
            #expect(answer.status == 200)
            let replaced = try await service.customer(customer.id)
            #expect(replaced.name == "Bea" && replaced.email == nil && replaced.language == .indonesian)
            #expect(replaced.addresses == [address])
        }
    }
}
