import HTTP
import PaymentProviders
import SimulatorTestSupport
import Testing

@Suite struct ChargesTests {
    @Test func a_charge_is_pending_then_confirmed_by_a_signed_callback_and_found_by_its_key() async throws {
        try await withSimulator { psp in
            let answer = try await psp.move(key: "K-1")
            #expect(answer.status == 201)
            let charge = try answer.charge
            #expect(charge.id.hasPrefix("CH-"))
            #expect(charge.status == .pending)
            let callback = try #require(try await psp.receive(1).first)
            #expect(try callback.callback.type == "charge.succeeded")
            #expect(try callback.callback.charge.status == .captured)
            let found = try await psp.send(.get, "/charges?idempotencyKey=K-1")
            #expect(try found.charge.status == .captured)
            #expect(try found.charge.id == charge.id)
            #expect(try await psp.send(.get, "/charges?idempotencyKey=K-2").status == 404)
        }
    }

    @Test func answers_tell_the_end_where_configured() async throws {
        try await withSimulator("confirmation: answer") { psp in
            let (charge, authorisation) = (
                try await psp.move(key: "K-1").charge, try await psp.move("authorise", key: "K-2").charge
            )
            #expect(charge.status == .captured)
            #expect(authorisation.status == .authorised)
        }
    }

    @Test(arguments: ["charge", "authorise"])
    func a_key_makes_one_line_however_often_it_comes(_ action: String) async throws {
        try await withSimulator { psp in
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await psp.made(action, key: "K-1") } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await psp.statement().count == 1)
            #expect(try await psp.move(action, amount: 999, key: "K-1").status == 422)
            #expect(try await psp.move(action, order: "ORD-2", key: "K-1").status == 422)
        }
    }

    @Test func an_authorisation_is_captured_once_or_voided() async throws {
        try await withSimulator { psp in
            let first = try await psp.made("authorise", key: "A-1")
            let capture = try await psp.made("capture", amount: 700, key: "C-1", about: first)
            #expect(capture.hasPrefix("CP-"))
            #expect(try await psp.made("capture", amount: 700, key: "C-1", about: first) == capture)
            #expect(try await psp.move("capture", amount: 300, key: "C-2", about: first).status == 422)
            #expect(try await psp.move("void", key: "V-1", about: first).status == 422)
            let second = try await psp.made("authorise", key: "A-2")
            #expect(try await psp.move("capture", amount: 1001, key: "C-3", about: second).status == 422)
            _ = try await psp.made("void", key: "V-2", about: second)
            #expect(try await psp.move("capture", key: "C-4", about: second).status == 422)
            #expect(
                try await psp.statement().map(\.status).sorted() == ["authorised", "authorised", "captured", "voided"])
        }
    }

    @Test func refunds_never_exceed_what_was_captured() async throws {
        try await withSimulator { psp in
            let charge = try await psp.made(key: "K-1")
            #expect(try await psp.made("refund", amount: 600, key: "R-1", about: charge).hasPrefix("RF-"))
            #expect(try await psp.move("refund", amount: 401, key: "R-2", about: charge).status == 422)
            _ = try await psp.made("refund", amount: 600, key: "R-1", about: charge)
            _ = try await psp.made("refund", amount: 400, key: "R-3", about: charge)
            #expect(try await psp.move("refund", amount: 1, key: "R-4", about: charge).status == 422)
            let refunds = try await psp.statement().filter { $0.action == "refund" }
            #expect(refunds.map(\.amount) == [600, 400])
            #expect(refunds.allSatisfy { $0.chargeId == charge && $0.status == "refunded" })
        }
    }

    @Test func refunds_that_race_share_what_is_left() async throws {
        try await withSimulator { psp in
            let charge = try await psp.made(key: "K-1")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<10 {
                    group.addTask { try await psp.move("refund", amount: 300, key: "R-\(index)", about: charge).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 3)
            #expect(statuses.filter { $0 == 422 }.count == 7)
        }
    }

    @Test func an_authorisation_is_not_refunded_before_it_is_captured_and_then_by_either_name() async throws {
        try await withSimulator { psp in
            let authorisation = try await psp.made("authorise", key: "A-1")
            #expect(try await psp.move("refund", key: "R-1", about: authorisation).status == 422)
            let capture = try await psp.made("capture", key: "C-1", about: authorisation)
            _ = try await psp.made("refund", amount: 400, key: "R-2", about: capture)
            _ = try await psp.made("refund", amount: 600, key: "R-3", about: authorisation)
            #expect(try await psp.move("refund", amount: 1, key: "R-4", about: capture).status == 422)
        }
    }

    @Test(arguments: [
        ("charge", 0 as Int64, "K-1", nil as String?, "amount"), ("charge", -5, "K-1", nil, "amount"),
        ("charge", 10, "", nil, "Idempotency-Key"), ("refund", 10, "K-1", nil, "chargeId"),
        ("charge", 10, "K-1", "CH-1", "chargeId"),
        ("charge", 10, String(repeating: "k", count: 256), nil, "Idempotency-Key"),
        ("steal", 10, "K-1", nil, "action"),
    ])
    func what_cannot_be_read_is_400_by_field(
        _ action: String, _ amount: Int64, _ key: String, _ charge: String?, _ field: String
    ) async throws {
        try await withSimulator { psp in
            let answer = try await psp.move(action, amount: amount, key: key, about: charge)
            #expect(answer.status == 400)
            #expect(Problem(answer)?.errors.first?.field == field)
        }
    }

    @Test func a_charge_of_another_order_or_none_is_422() async throws {
        try await withSimulator { psp in
            let charge = try await psp.made(key: "K-1")
            #expect(try await psp.move("refund", order: "ORD-2", key: "R-1", about: charge).status == 422)
            #expect(try await psp.move("refund", key: "R-1", about: "CH-NONE").status == 422)
        }
    }
}
