import HTTP
import ServiceTestSupport
import Testing

/// Numbers that no integer holds, and numbers where text is meant: either the digits that were sent, or a 400 that names
/// the field.
@Suite struct LongNumberTests {
    @Test(arguments: [
        (#"{"branchId":1,"sauceId":1,"qty":9400111899223045678901,"price":1}"#, ["qty"]),
        (#"{"branchId":1,"sauceId":1,"qty":1,"price":"9223372036854775808"}"#, ["price"]),
        (#"{"branchId":1e40,"sauceId":1,"qty":1,"price":1}"#, ["branchId"]),
        (#"{"branchId":1,"items":[{"sauceId":9400111899223045678901,"qty":1,"price":1}]}"#, ["items[0].sauceId"]),
    ])
    func an_order_is_not_placed_with_a_number_that_no_integer_holds(_ body: String, _ fields: [String]) async throws {
        try await OrderUnderTest.run { shop in
            let answer = try await shop.place(body)
            #expect(answer.status == 400 && answer.fields == fields, "\(answer.text)")
            #expect(shop.calls.isEmpty)
        }
    }

    @Test func a_refund_of_a_number_that_no_integer_holds_asks_nobody() async throws {
        try await OrderUnderTest.run { shop in
            let id = try await shop.paid()
            let answer = try await shop.refund(id, #"{"amount": 9400111899223045678901}"#, key: "R-1")
            #expect(answer.status == 400 && answer.fields == ["amount"], "\(answer.text)")
            #expect(!shop.calls.contains { $0.contains("refunds") })
        }
    }

    @Test func a_name_and_a_reason_that_are_numbers_keep_every_digit() async throws {
        try await OrderUnderTest.run { shop in
            let answer = try await shop.place(
                #"{"branchId":1,"items":[{"sauceId":1,"qty":1,"price":1,"name":9400111899223045678901}]}"#)
            #expect(answer.text.contains(#""name":"9400111899223045678901""#), "\(answer.text)")
            let id = try answer.json(OrderUnderTest.Placed.self).id
            let cancelled = try await shop.service.send(
                .post, "/orders/\(id)/cancel", #"{"reason": 9400111899223045678901}"#)
            #expect(cancelled.isSuccess, "\(cancelled.text)")
            let saga = try await shop.service.send(.get, "/sagas/cancellation")
            #expect(saga.text.contains(#""reason":"9400111899223045678901""#), "\(saga.text)")
        }
    }
}
