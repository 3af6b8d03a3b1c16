import HTTP
import Kernel
import PaymentProviders
import SimulatorTestSupport

extension SimulatorUnderTest {
    func move(
        _ action: String = "charge", order: String = "ORD-1", amount: Int64 = 1000, key: String,
        about charge: String? = nil, timeout: Duration = .seconds(5)
    ) async throws -> Response {
        let about = charge.map { #", "chargeId": "\#($0)""# } ?? ""
        return try await send(
            .post, "/charges",
            #"{"action": "\#(action)", "orderId": "\#(order)", "amount": \#(amount), "currency": "KRW"\#(about)}"#,
            headers: ["Idempotency-Key": key], timeout: timeout)
    }

    /// Moves it and returns the simulator's name for it.
    func made(
        _ action: String = "charge", order: String = "ORD-1", amount: Int64 = 1000, key: String,
        about charge: String? = nil
    ) async throws -> String {
        let answer = try await move(action, order: order, amount: amount, key: key, about: charge)
        guard answer.status == 201 else { throw Unexpected(answer: answer) }
        return try JSON.decode(SimulatorCharge.self, from: answer.body).id
    }

    func statement() async throws -> [Line] {
        let answer = try await send(.get, "/statement?size=1000&sort=chargedAt")
        return try JSON.decode(Statement.self, from: answer.body)._embedded.charges
    }

    struct Line: Decodable {
        let id: String
        let action: String
        let amount: Int64
        let status: String
        let idempotencyKey: String
        let chargeId: String?
    }

    private struct Statement: Decodable {
        struct Embedded: Decodable {
            let charges: [Line]
        }
        let _embedded: Embedded
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }
    var charge: SimulatorCharge { get throws { try JSON.decode(SimulatorCharge.self, from: body) } }
}

extension Request {
    var callback: SimulatorCallback { get throws { try JSON.decode(SimulatorCallback.self, from: body) } }
}

extension SimulatorUnderTest {
    /// Does something at the provider's side.
    func admin(_ path: String, _ body: String = "{}") async throws -> Response {
        try await send(.post, "/admin/" + path, body)
    }
}
