import Contracts
import HTTP
import Kernel
import ServiceTestSupport

@testable import CustomerService

let street = #"{"street":"Jalan Braga 1","city":"Bandung","country":"ID"}"#

extension ServiceUnderTest {
    func addCustomer(_ body: String = #"{"name":"Ann","email":"ann@example.com"}"#) async throws -> Customer {
        let answer = try await send(.post, "/customers", body)
        guard answer.status == 201 else { throw Unexpected(description: "\(answer.status) \(answer.text)") }
        return try answer.json(Customer.self)
    }

    func addAddress(_ customer: Customer, _ body: String = street) async throws -> CustomerAddress {
        let answer = try await send(.post, "/customers/\(customer.id)/addresses", body)
        guard answer.status == 201 else { throw Unexpected(description: "\(answer.status) \(answer.text)") }
        return try answer.json(CustomerAddress.self)
    }

    func customer(_ id: String) async throws -> Customer {
        try await send(.get, "/customers/\(id)").json(Customer.self)
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
}
