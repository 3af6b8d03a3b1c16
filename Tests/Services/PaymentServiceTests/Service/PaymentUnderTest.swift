import Contracts
import HTTP
import Kernel
import PaymentService
import PlatformTestSupport
import ProviderSimulator
import ServiceTestSupport

/// Payment with the provider's simulator. Its own patience is short: nothing waits but virtual time.
func withPayment(
    _ more: String = "", psp: String = "", seed: UInt64 = 7,
    _ body: @escaping @Sendable (ServicesUnderTest) async throws -> Void
) async throws {
    let yaml = """
        payment:
          providerTimeout: 1s
          confirmationTimeout: 5s
          retryDelay: 500ms
          resolveInterval: 250ms
          refundRetryDelay: 5s
        \(more.isEmpty ? "" : "  " + more + "\n")psp:
          lostReplyDelay: 3s
        \(psp.isEmpty ? "" : "  " + psp)
        """
    try await withServices([ProviderSimulatorService.self, PaymentService.self], yaml, seed: seed, body)
}

extension ServicesUnderTest {
    func faults(_ json: String) async throws {
        let answer = try await send(.patch, "psp", "/admin/faults", json)
        guard answer.status == 200 else { throw Unexpected(answer: answer) }
    }

    func pay(_ order: String = "ORD-1", _ amount: Int64 = 1000, capture: String = "automatic") async throws -> Response
    {
        try await send(
            .post, "payment", PaymentAPI.path,
            #"{"orderId": "\#(order)", "amount": \#(amount), "currency": "KRW", "capture": "\#(capture)"}"#,
            key: PaymentAPI.idempotencyKey(orderId: order))
    }

    func cancel(_ order: String = "ORD-1", key: String? = "CANCEL-1") async throws -> Response {
        try await send(.post, "payment", PaymentAPI.cancellations, #"{"orderId": "\#(order)"}"#, key: key)
    }

    /// Asks again as a caller does, until it is given back.
    func cancelled(_ order: String = "ORD-1", key: String = "CANCEL-1") async throws -> PaymentCancellation {
        try await until { try await cancel(order, key: key).status == 200 }
        return try await cancel(order, key: key).json(PaymentCancellation.self)
    }

    func payment(of order: String = "ORD-1") async throws -> PaymentView? {
        let answer = try await send(.get, "payment", "/payments/search/findByOrderId?orderId=\(order)")
        return try answer.json(PaymentPage.self)._embedded?.payments.first
    }

    func hasStatus(_ status: String, _ order: String = "ORD-1") async throws -> Bool {
        try await payment(of: order)?.status == status
    }

    /// What the provider has taken and not given back, by its own statement.
    func held(_ order: String = "ORD-1") async throws -> Int64 {
        let lines = try await send(.get, "psp", "/statement?size=1000").json(Statement.self)._embedded?.charges ?? []
        return lines.filter { $0.orderId == order }.reduce(0) { sum, line in
            switch (line.action, line.status) {
            case ("charge", "captured"), ("capture", "captured"): sum + line.amount
            case ("refund", "refunded"): sum - line.amount
            default: sum
            }
        }
    }

    func charges(_ order: String = "ORD-1") async throws -> Int {
        let lines = try await send(.get, "psp", "/statement?size=1000").json(Statement.self)._embedded?.charges ?? []
        return lines.count { $0.orderId == order && $0.action == "charge" }
    }

    /// Payments, ledger and the provider's statement say the same.
    func booksAgree() async throws -> Bool {
        let report = try await send(.post, "payment", "/api/reconciliations").json(Report.self)
        return report.isBalanced && report.differences.isEmpty
    }
}

struct PaymentView: Decodable {
    let id: String
    let status: String
    let capturedAmount: Int64
    let refundedAmount: Int64
    let attempts: [Attempt]

    struct Attempt: Decodable {
        let action: String
        let state: String
    }
}

private struct PaymentPage: Decodable {
    struct Embedded: Decodable {
        let payments: [PaymentView]
    }
    let _embedded: Embedded?
}

private struct Statement: Decodable {
    struct Line: Decodable {
        let orderId: String
        let action: String
        let status: String
        let amount: Int64
    }
    struct Embedded: Decodable {
        let charges: [Line]
    }
    let _embedded: Embedded?
}

private struct Report: Decodable {
    struct Difference: Decodable {}
    let isBalanced: Bool
    let differences: [Difference]
}

struct Unexpected: Error, CustomStringConvertible {
    let answer: Response
    var description: String { "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))" }
}
