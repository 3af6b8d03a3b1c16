import HTTP
import ServiceTestSupport
import Testing

@testable import CustomerService

/// What is shown in a line of a mail or a label is one line.
@Suite struct OneLineTextTests {
    static let breaks = [#"\n"#, #"\r\n"#, #"\r"#, #"\u0000"#, #"\u000b"#, #"\u0085"#, #"\u2028"#, #"\u2029"#]

    @Test(arguments: breaks)
    func a_name_is_one_line(_ lineBreak: String) async throws {
        try await withService(CustomerService.self) { service in
            let answer = try await service.send(.post, "/customers", #"{"name":"Ann\#(lineBreak)Amount: 0"}"#)
            #expect(answer.status == 400 && answer.fields == ["name"], "\(answer.text)")
        }
    }

    @Test(arguments: breaks)
    func so_is_each_part_of_an_address(_ lineBreak: String) async throws {
        try await withService(CustomerService.self) { service in
            let customer = try await service.addCustomer()
            let text = "a\(lineBreak)b"
            let answer = try await service.send(
                .post, "/customers/\(customer.id)/addresses",
                #"{"recipient":"\#(text)","street":"\#(text)","city":"\#(text)","postalCode":"\#(text)","country":"ID"}"#
            )
            #expect(answer.status == 400)
            #expect(answer.fields == ["recipient", "street", "city", "postalCode"], "\(answer.text)")
        }
    }

    @Test(arguments: breaks)
    func an_address_of_mail_holds_no_second_header(_ lineBreak: String) async throws {
        try await withService(CustomerService.self) { service in
            let answer = try await service.send(
                .post, "/customers", #"{"name":"Ann","email":"ann@example.com\#(lineBreak)Bcc: x@example.com"}"#)
            #expect(answer.status == 400 && answer.fields == ["email"], "\(answer.text)")
        }
    }
}
