import Contracts
import HTTP
import ServiceTestSupport
import Testing

@testable import CustomerService

/// An address is found in whichever form it was given or is asked for.
@Suite struct EmailSearchTests {
    @Test(arguments: [
        ("user@example.com", "USER@Example.COM"), ("USER@Example.COM", "user@example.com"),
        ("User@Example.com", "uSER@eXAMPLE.cOM"), ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ANN@Bücher.Example"), ("ann@BÜCHER.example", "ann@bücher.example"),
        ("a+b@example.com", "A+B@example.com"),
    ])
    func it_is_found(_ given: String, _ asked: String) async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer(#"{"name":"Ann","email":"\#(given)"}"#)
            let answer = try await service.send(
                .get, "/customers/search/findByEmail?email=\(QueryString.encode(asked))")
            #expect(answer.status == 200 && answer.text.contains(customer.id), "\(answer.text)")
            let other = try await service.send(.post, "/customers", #"{"name":"Bea","email":"\#(asked)"}"#)
            #expect(other.status == 409 && other.fields == ["email"], "\(other.text)")
        }
    }

    @Test(arguments: ["nobody@example.com", "no address", "user@example.co", ""])
    func what_is_not_there_is_not_found(_ asked: String) async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer(#"{"name":"Ann","email":"user@example.com"}"#)
            let answer = try await service.send(
                .get, "/customers/search/findByEmail?email=\(QueryString.encode(asked))")
            #expect(!answer.text.contains(customer.id), "\(answer.text)")
        }
    }

    @Test func a_domain_beyond_ascii_is_kept_as_mail_servers_take_it() async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer(#"{"name":"Ann","email":"Ann@Bücher.example"}"#)
            #expect(customer.email == "ann@xn--bcher-kva.example")
        }
    }
}
