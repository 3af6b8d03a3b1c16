import Storage
import StorageSQLite

/// What is durable in a world, read from its files behind the services' backs.
struct ShopState {
    struct Money {
        let orderId: String
        let status: String
        let amount: Int64
    }
    var orders: [String: String] = [:]
    var payments: [Money] = []
    var charges: [Money] = []
    var deliveries: [String] = []
    var messages: [(orderId: String, status: String)] = []
    /// Status, whether paid, delivery's status, messages sent.
    var dashboards: [String: String] = [:]
    /// Bookings that do not sum to zero.
    var ledgerGaps: [String] = []
    /// What the provider owes for each order; `nil` where there is no ledger.
    var ledger: [String: Int64]?
    var mails: [String] = []
    /// Events in outboxes and callbacks under way.
    var waiting = 0

    init(_ files: DurableFiles, _ folder: WorldFolder) {
        for row in files.rows("order", "SELECT id, status FROM orders") { orders[row[0]] = row[1] }
        payments = files.rows("payment", "SELECT orderId, status, amount FROM payments").map(Self.money)
        charges = files.rows("psp", "SELECT orderId, status, amount FROM charges").map(Self.money)
        deliveries = files.rows("delivery", "SELECT orderId FROM deliveries").map { $0[0] }
        messages = files.rows("notification", "SELECT orderId, status FROM messages").map { ($0[0], $0[1]) }
        let columns = ["status", "isPaid", "deliveryStatus", "messagesSent"]
            .map { "coalesce(json_extract(document, '$.\($0)'), '-')" }.joined(separator: " || ' ' || ")
        for row in files.rows("dashboard", "SELECT id, \(columns) FROM orderDashboards") { dashboards[row[0]] = row[1] }
        if files.has("payment", table: "ledger") { readLedger(files) }
        mails = folder.names(in: "email-outbox").filter { $0.hasSuffix(".eml") }
        for service in [
            "order", "payment", "delivery", "notification", "dashboard", "psp", "cart", "product", "customer",
        ] {
            waiting += files.count(service, "SELECT count(*) FROM outbox")
        }
        waiting += files.count("psp", "SELECT count(*) FROM pendingCallbacks")
    }

    private mutating func readLedger(_ files: DurableFiles) {
        let gaps = "SELECT transactionId, sum(amount) FROM ledger GROUP BY transactionId HAVING sum(amount) <> 0"
        ledgerGaps = files.rows("payment", gaps).map { "\($0[0]): \($0[1])" }
        let owed = "SELECT orderId, sum(amount) FROM ledger WHERE account = 'PROVIDER_RECEIVABLE' GROUP BY orderId"
        ledger = [:]
        for row in files.rows("payment", owed) { ledger?[row[0]] = Int64(row[1]) }
    }

    private static func money(_ row: [String]) -> Money {
        Money(orderId: row[0], status: row[1], amount: Int64(row[2]) ?? 0)
    }
}
