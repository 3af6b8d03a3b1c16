import DashboardService
import FoundationEssentials
import HTTP
import Kernel
import ServiceTestSupport
import Synchronization
import Testing

/// The proof is what the payment service says, and not known if it says nothing.
@Suite struct MoneyProofTests {
    private struct Proof: Decodable, Sendable {
        struct Comparison: Decodable, Sendable {
            let state: String?
            let movements: Int
        }
        struct Difference: Decodable, Sendable { let orderId: String }
        let comparison: Comparison?
        let openDifferences: Int?
        let differences: [Difference]
        let unavailable: String?
    }
    private static let run = """
        {"id":"REC-1","startedAt":"2026-01-01T00:00:00.000Z","state":"DONE","statementLines":3,"movements":4,
        "bookings":5,"inFlight":1,"isBalanced":true,"differences":[]}
        """
    private static let difference = """
        {"id":"DIF-1","kind":"MISSING_HERE","orderId":"ORD-7","there":5,"currency":"KRW",
        "openedAt":"2026-01-01T00:00:00.000Z"}
        """

    private static func page(_ name: String, _ items: [String], of count: Int) -> Response {
        let text = #"{"_embedded":{"\#(name)":[\#(items.joined(separator: ","))]},"page":{"totalElements":\#(count)}}"#
        return Response(status: 200, headers: ["Content-Type": "application/hal+json"], body: Data(text.utf8))
    }

    /// Asks for the proof while the payment service answers as `answer` says; it is asked twice, and counted.
    private static func ask(
        _ answer: @escaping @Sendable (Request) -> Response?
    ) async throws -> (proof: Proof, asked: Int) {
        try await withService(DashboardService.self) { board in
            let asked = Mutex(0)
            board.transport.register("payment") { request in
                asked.withLock { $0 += 1 }
                return answer(request) ?? .text("", status: 500)
            }
            _ = try await board.send(.get, "/orderDashboards/proof")
            let response = try await board.send(.get, "/orderDashboards/proof")
            #expect(response.status == 200)
            return (try response.json(Proof.self), asked.withLock { $0 })
        }
    }

    @Test func open_differences_name_their_orders_and_are_asked_for_once() async throws {
        let (proof, asked) = try await Self.ask { request in
            request.path == "/api/reconciliations"
                ? Self.page("reconciliations", [Self.run], of: 9) : Self.page("differences", [Self.difference], of: 21)
        }
        #expect(proof.openDifferences == 21 && proof.differences.map(\.orderId) == ["ORD-7"])
        #expect(proof.comparison?.state == "DONE" && proof.comparison?.movements == 4 && proof.unavailable == nil)
        #expect(asked == 2)
    }

    @Test func no_comparison_is_no_proof() async throws {
        let (proof, _) = try await Self.ask { request in
            Self.page(request.path == "/api/reconciliations" ? "reconciliations" : "differences", [], of: 0)
        }
        #expect(proof.comparison == nil && proof.openDifferences == 0 && proof.unavailable == nil)
    }

    @Test(arguments: [503, 404, 200])
    func a_payment_service_that_does_not_answer_so_is_not_known(status: Int) async throws {
        let (proof, _) = try await Self.ask { _ in .text("none", status: status) }
        #expect(proof.openDifferences == nil && proof.comparison == nil)
        #expect(proof.unavailable?.contains("could not be asked") == true)
    }
}
