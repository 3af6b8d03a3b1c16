import Storage
import StorageSQLite

/// What is durable of carts, checkouts and stock in a world, and what its services have told each other of each order.
struct SalesState {
    struct Checkout {
        let orderId: String
        let cartId: String
        let status: String
        let failure: String
    }
    struct Reservation {
        let status: String
        let pieces: Int
    }
    var checkouts: [Checkout] = []
    /// Status by id.
    var carts: [String: String] = [:]
    /// By order.
    var reservations: [String: Reservation] = [:]
    var onHand = 0
    var reserved = 0
    /// Status by order.
    var deliveries: [String: String] = [:]
    /// How many different events of each type (its short name) there are about each order.
    var events: [String: [String: Int]] = [:]
    /// Minor units that went back with each `OrderRefunded`.
    var refunds: [String: [String]] = [:]
    var messages: [String: String] = [:]
    var texts: [String] = []
    /// Sagas that have not ended.
    var openSagas: [String] = []
    var deadLetters: [String] = []

    init(_ files: DurableFiles, _ folder: WorldFolder) {
        let checkoutRows = "SELECT id, cartId, status, coalesce(json_extract(document, '$.failure'), '') FROM checkouts"
        checkouts = files.rows("cart", checkoutRows, columns: 4)
            .map { Checkout(orderId: $0[0], cartId: $0[1], status: $0[2], failure: $0[3]) }
        for row in files.rows("cart", "SELECT id, status FROM carts") { carts[row[0]] = row[1] }
        let pieces = "SELECT sum(json_extract(value, '$.qty')) FROM json_each(document, '$.items')"
        for row in files.rows("product", "SELECT id, status, (\(pieces)) FROM reservations") {
            reservations[row[0]] = Reservation(status: row[1], pieces: Int(row[2]) ?? 0)
        }
        onHand = files.count("product", "SELECT sum(onHand) FROM stocks")
        reserved = files.count("product", "SELECT sum(reserved) FROM stocks")
        for row in files.rows("delivery", "SELECT orderId, status FROM deliveries") { deliveries[row[0]] = row[1] }
        for row in files.rows("notification", "SELECT id, status FROM messages") { messages[row[0]] = row[1] }
        texts = folder.names(in: "sms-sms-outbox")
        readEvents(files)
        for (service, saga) in [("cart", "checkout"), ("order", "cancellation"), ("order", "refund")] {
            let rows = files.rows(service, "SELECT id, status, step FROM \(saga)Sagas")
            openSagas += rows.filter { !["COMPLETED", "COMPENSATED"].contains($0[1]) }
                .map { "\(saga) \($0[0]) is \($0[1]) at \($0[2])" }
        }
        for service in ["cart", "product", "customer", "order", "payment", "delivery", "notification", "dashboard"] {
            deadLetters += files.rows(service, "SELECT type, error FROM deadLetters")
                .map { "\(service) set aside \($0[0]): \($0[1])" }
        }
    }

    func told(_ type: String, of order: String) -> Int { events[order]?[type] ?? 0 }

    private mutating func readEvents(_ files: DurableFiles) {
        let rows = "SELECT subject, type, json_extract(data, '$.refundedAmount') FROM events ORDER BY position"
        for row in files.rows("events", rows) {
            let name = String(row[1].split(separator: ".").dropLast().last ?? "")
            events[row[0], default: [:]][name, default: 0] += 1
            if name == "OrderRefunded" { refunds[row[0], default: []].append(row[2]) }
        }
    }
}
