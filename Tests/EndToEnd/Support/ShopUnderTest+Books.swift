import Foundation
import PlatformTestSupport
import Testing

extension ShopUnderTest {
    /// Ledger, payments and the provider's statement say the same; what does not is recorded as an issue.
    func booksAgree(_ what: String = "the books") async throws -> Bool {
        let balance = try await HTTP.get(url("payment", "/api/ledger/trial-balance")).json
        let sums = (balance["sums"].any as? [String: Int] ?? [:]).values
        #expect(sums.allSatisfy { $0 == 0 }, "\(what): the ledger sums to \(Array(sums))")
        var reconciliation = try await run(["reconcile", "--payment", url("payment", "").absoluteString])
        try await eventually("\(what): the provider's statement can be had") {
            guard reconciliation.status == 2 else { return true }  // the circuit to the provider may still be open
            reconciliation = try await run(["reconcile", "--payment", url("payment", "").absoluteString])
            return reconciliation.status != 2
        }
        #expect(reconciliation.status == 0, "\(what): \(reconciliation.output)")
        return reconciliation.status == 0 && sums.allSatisfy { $0 == 0 }
    }

    func payment(of orderId: String) async throws -> JSONValue {
        let found = try await HTTP.get(url("payment", "/payments/search/findByOrderId?orderId=\(orderId)")).json
        return found["_embedded"]["payments"][0]
    }

    func order(_ id: String) async throws -> JSONValue { try await HTTP.get(url("order", "/orders/\(id)")).json }

    /// The value of a metric's line, for example `sambal_retries_total{destination="psp"}`.
    func metric(_ service: String, _ line: String) async throws -> Double? {
        try await HTTP.get(url(service, "/metrics")).text.split(separator: "\n").first { $0.hasPrefix(line + " ") }
            .flatMap { Double($0.dropFirst(line.count + 1)) }
    }
}
