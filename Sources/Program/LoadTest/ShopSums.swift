import FoundationEssentials
import HTTP
import HTTPClient
import Kernel
import Runtime

/// Adds up what a load test left behind in the shop and at the provider's simulator: each order of the run, each capture,
/// each message. No load tool can know this; it is what the shop is for.
struct ShopSums: Sendable {
    let client: HTTPClient
    let loop: EventLoop
    let gateway: String
    let psp: String
    let payment: String

    /// The newest rows before the run; what is newer belongs to it.
    struct Mark: Sendable {
        let order: String
        /// The time of the newest charge, and the charges of that millisecond.
        let charge: String
        let charges: Set<String>
    }

    func mark() async throws -> Mark {
        let orders: Page<Row> = try await page(gateway + "/orderDashboards", number: 0, size: 1)
        let charges: Page<Charge> = try await page(psp + "/statement", number: 0, size: 1000)
        let newest = charges.rows.first?.chargedAt ?? ""
        return Mark(
            order: orders.rows.first?.id ?? "", charge: newest,
            charges: Set(charges.rows.filter { $0.chargedAt == newest }.map(\.id)))
    }

    /// Waits until every order of the run has reached its end, but not beyond `patience`, and adds up.
    func figures(of placed: Set<String>, since mark: Mark, patience: Duration) async throws -> ShopFigures {
        let began = loop.uptime
        var rows = try await newRows(since: mark)
        while rows.contains(where: { !$0.isAtEnd }) || !placed.isSubset(of: rows.map(\.id)) {
            guard loop.uptime - began < patience else { break }
            try await loop.sleep(for: .milliseconds(500))
            rows = try await newRows(since: mark)
        }
        let charges: [Charge] = try await all(psp + "/statement") {
            $0.chargedAt >= mark.charge && !mark.charges.contains($0.id)
        }
        var figures = ShopFigures(rows: rows, charges: charges, placed: placed)
        figures.settlingSeconds = (loop.uptime - began).seconds
        figures.differences = try? await differences()
        return figures
    }

    private func newRows(since mark: Mark) async throws -> [Row] {
        try await all(gateway + "/orderDashboards") { $0.id > mark.order }
    }

    /// Reads the newest rows, page by page, as long as they are wanted. A row that comes meanwhile moves others to a later
    /// page, so that none is left out.
    private func all<Element: SumRow>(
        _ url: String, where isWanted: (Element) -> Bool
    ) async throws -> [Element] {
        var (found, number) = ([String: Element](), 0)
        while true {
            let page: Page<Element> = try await page(url, number: number, size: 1000)
            let wanted = page.rows.filter(isWanted)
            for row in wanted { found[row.id] = row }
            guard page.rows.count == 1000, !wanted.isEmpty else { return Array(found.values) }
            number += 1
        }
    }

    private func page<Element: SumRow>(_ url: String, number: Int, size: Int) async throws -> Page<Element> {
        try JSON.decode(
            Page<Element>.self,
            from: try await client.ask(.get, "\(url)?page=\(number)&size=\(size)&sort=\(Element.age),desc").body)
    }

    /// The number of differences between payments, ledger and the provider's statement.
    private func differences() async throws -> Int {
        let url = payment + "/api/reconciliations"
        var report = try JSON.decode(Report.self, from: try await client.ask(.post, url).body)
        for _ in 0..<600 where report.state == "RUNNING" {
            try await loop.sleep(for: .milliseconds(500))
            report = try JSON.decode(
                Report.self, from: try await client.ask(.get, "\(url)/\(QueryString.encode(report.id))").body)
        }
        guard report.state != "FAILED", report.state != "RUNNING" else {
            throw CommandFailure("the reconciliation did not end")
        }
        return report.differences.count + (report.isBalanced ? 0 : 1)
    }

    private struct Report: Decodable {
        struct Difference: Decodable {}
        let id: String
        let state: String?
        let isBalanced: Bool
        let differences: [Difference]
    }
}

/// A row of a list that is added up.
protocol SumRow: Decodable, Sendable {
    /// The field by which newer rows come first.
    static var age: String { get }
    var id: String { get }
}

extension ShopSums {
    /// An order as the dashboard shows it.
    struct Row: SumRow {
        /// Identifiers of orders grow with time.
        static let age = "id"
        let id: String
        let status: String
        let isPaid: Bool
        let messagesSent: Int?

        /// Nothing is under way any more: it was refused or given back, or it is paid and buyer and seller know.
        var isAtEnd: Bool {
            switch status {
            case "PAID", "PARTIALLY_REFUNDED": (messagesSent ?? 0) >= 2
            case "PAYMENT_FAILED", "CANCELLED", "REFUNDED": true
            default: false
            }
        }
    }

    /// A line of the provider's statement.
    struct Charge: SumRow {
        /// Charges and refunds have identifiers of their own kinds.
        static let age = "chargedAt"
        let id: String
        let action: String
        let orderId: String
        let status: String
        let captured: Int64?
        let refunded: Int64?
        let chargedAt: String
    }

    struct Page<Element: SumRow>: Decodable {
        let _embedded: [String: [Element]]

        var rows: [Element] { _embedded.values.first ?? [] }
    }
}
