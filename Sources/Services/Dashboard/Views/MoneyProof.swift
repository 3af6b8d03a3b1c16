import HTTP
public import Kernel
import ServiceHost
import Synchronization

/// The answer to "does the money agree?": the last comparison of payments, ledger and the provider's statement, and the
/// differences that are open, as the payment service tells them. Nothing of it is stored here.
public struct MoneyProof: Codable, Sendable {
    public struct Comparison: Codable, Sendable {
        public let startedAt: Timestamp
        public let finishedAt: Timestamp?
        /// `RUNNING`, `DONE` or `FAILED`.
        public let state: String?
        public let failure: String?
        public let statementLines: Int
        public let movements: Int
        public let bookings: Int
        /// Movements whose outcome is not known yet, or that are newer than the statement: not compared.
        public let inFlight: Int
        /// Whether the bookings that were compared sum to zero.
        public let isBalanced: Bool
    }
    public struct Difference: Codable, Sendable {
        public let id: String
        public let kind: String
        public let orderId: String
        /// Minor units; `nil` on the side that does not know the movement.
        public let here: Int64?
        public let there: Int64?
        public let currency: Currency
        public let openedAt: Timestamp
    }
    /// The last comparison; `nil` if there was none, or it is not known.
    public private(set) var comparison: Comparison?
    /// The number of open differences; `nil` if it is not known.
    public private(set) var openDifferences: Int?
    /// At most 20 of them.
    public private(set) var differences: [Difference] = []
    /// Why it is not known; `nil` if it is.
    public private(set) var unavailable: String?

    init(comparison: Comparison?, openDifferences: Int, differences: [Difference]) {
        self.comparison = comparison
        self.openDifferences = openDifferences
        self.differences = differences
    }

    init(unavailable: String) { self.unavailable = unavailable }
}

/// Asks the payment service for the proof, at most once in some seconds, however many pages ask here.
final class MoneyProofReader: Sendable {
    private static let validity = Duration.seconds(5)
    private static let timeout = Duration.seconds(3)
    private static let shown = 20

    private let payment: ServiceClient
    private let loop: any Loop
    private let known = Mutex<(at: Duration, proof: MoneyProof)?>(nil)

    init(_ context: ServiceEnvironment) throws {
        payment = try context.client(for: "payment")
        loop = context.loop
    }

    func read() async throws -> MoneyProof {
        let now = loop.uptime
        if let known = known.withLock({ $0 }), now - known.at < Self.validity { return known.proof }
        let proof = try await ask()
        known.withLock { $0 = (now, proof) }
        return proof
    }

    private struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
        struct Numbers: Decodable, Sendable { let totalElements: Int }
        let _embedded: [String: [Item]]
        let page: Numbers

        var items: [Item] { _embedded.values.first ?? [] }
    }

    private func ask() async throws -> MoneyProof {
        do {
            let runs: Page<MoneyProof.Comparison> = try await get("/api/reconciliations?sort=startedAt,desc&size=1")
            let open: Page<MoneyProof.Difference> = try await get(
                "/api/differences/search/findByState?state=OPEN&size=\(Self.shown)")
            return MoneyProof(
                comparison: runs.items.first, openDifferences: open.page.totalElements, differences: open.items)
        } catch {
            try Task.checkCancellation()
            return MoneyProof(unavailable: "the payment service could not be asked: \(ErrorText.of(error))")
        }
    }

    private func get<Answer: Decodable>(_ path: String) async throws -> Answer {
        let response = try await payment.send(.get, path, timeout: Self.timeout)
        guard response.status == 200 else {
            throw Problem(response) ?? Problem(status: response.status, detail: "it answered \(response.status)")
        }
        return try JSON.decode(Answer.self, from: response.body)
    }
}
