/// What a story has left in the databases, as far as invariants look at it. A plain value, so that a test can spoil it.
struct Aftermath: Sendable {
    struct Order: Sendable {
        let id: String
        var status: String
        /// `nil` while orders have one state only.
        var paymentStatus: String?
        var fulfilmentStatus: String?
        var amount: Int64
        var refunded: Int64
    }
    struct Payment: Sendable {
        let id: String
        let orderId: String
        var status: String
        var captured: Int64
        var refunded: Int64
        /// What banks took back.
        var disputed: Int64 = 0
    }
    struct Attempt: Sendable {
        let orderId: String
        let id: String
        let action: String
        var state: String
        var amount: Int64
    }
    /// A line of the provider's book.
    struct Line: Sendable {
        let id: String
        let orderId: String
        let action: String
        var status: String
        var amount: Int64
        /// Of a dispute.
        var stage = ""
    }
    struct Event: Sendable {
        let subject: String
        /// The short name, for example `OrderPaid`.
        let type: String
        var time: Int64
        var isWhole = false
    }
    /// What a person is asked to decide.
    struct Task: Sendable {
        let kind: String
        let orderId: String
    }
    /// Between the books and the provider's statement, open.
    struct Difference: Sendable {
        let kind: String
        let orderId: String
        /// Minor units that the provider has of the shop's beside what is booked.
        let gap: Int64
    }
    struct Pieces: Sendable {
        var status: String
        var count: Int
    }
    struct Doing: Sendable {
        let number: Int
        let plot: Story.Plot
        var memory: Player.Memory
        var isBusy = false
        var refusals: [String] = []
    }

    var story: Story
    var orders: [Order] = []
    var payments: [Payment] = []
    var attempts: [Attempt] = []
    var lines: [Line] = []
    /// Minor units that the ledger expects of the provider, by order.
    var ledger: [String: Int64] = [:]
    /// Bookings that do not sum to zero.
    var ledgerGaps: [String] = []
    /// Status by order.
    var deliveries: [(orderId: String, status: String)] = []
    /// By order.
    var reservations: [String: Pieces] = [:]
    var onHand = 0
    var reserved = 0
    var carts: [String] = []
    /// By saga's id: its saga, status and the step it is at.
    var sagas: [(saga: String, id: String, orderId: String, status: String, step: String)] = []
    /// Open operator tasks.
    var tasks: [Task] = []
    var differences: [Difference] = []
    /// In the order of the log.
    var events: [Event] = []
    /// Status by order, as the dashboard has it; empty without a dashboard.
    var dashboards: [String: String] = [:]
    var hasDashboard = false
    /// Messages that were not sent.
    var unsent: [String] = []
    /// Rows in outboxes, and callbacks under way, by service.
    var waiting: [String: Int] = [:]
    var deadLetters: [String] = []
    var doings: [Doing] = []
}

extension Aftermath {
    /// Minor units that the provider has of an order: taken, less what went back.
    func kept(_ orderId: String) -> Int64 {
        lines.filter { $0.orderId == orderId }.reduce(0) { $0 + $1.moved }
    }

    /// Minor units that payment knows to have: by its attempts, strays among them, less what banks took back.
    func moved(_ orderId: String) -> Int64 {
        let done = attempts.filter { $0.orderId == orderId && $0.state == "SUCCEEDED" }.reduce(Int64(0)) {
            sum, attempt in
            switch attempt.action {
            case "charge", "capture": sum + attempt.amount
            case "refund": sum - attempt.amount
            default: sum
            }
        }
        return done - payments.filter { $0.orderId == orderId }.reduce(0) { $0 + $1.disputed }
    }

    var orderIds: Set<String> { Set(orders.map(\.id)).union(payments.map(\.orderId)).union(lines.map(\.orderId)) }

    func order(_ id: String) -> Order? { orders.first { $0.id == id } }
    func payment(of orderId: String) -> Payment? { payments.first { $0.orderId == orderId } }
    func delivery(of orderId: String) -> String? { deliveries.first { $0.orderId == orderId }?.status }

    /// Whether a person was asked about an order.
    func isPutBeforeAPerson(_ orderId: String) -> Bool {
        tasks.contains { $0.orderId == orderId } || differences.contains { $0.orderId == orderId }
    }

    /// Whether the provider told another amount of its money than it moved, which a person sees.
    func isToldWrongly(_ orderId: String) -> Bool { story.has("wrongAmounts") && isPutBeforeAPerson(orderId) }

    /// Minor units that the open differences of an order name.
    func gap(_ orderId: String) -> Int64 {
        differences.filter { $0.orderId == orderId }.reduce(0) { $0 + $1.gap }
    }

    /// The order or the payment that a player got.
    func subject(_ doing: Doing) -> String? {
        guard let answer = doing.memory.purchase, !answer.subject.isEmpty else { return nil }
        guard doing.plot.purchase == .reservation else { return answer.subject }
        return payments.first { $0.id == answer.subject }?.orderId
    }
}

extension Aftermath.Line {
    /// Minor units that came to the shop.
    var moved: Int64 {
        switch status {
        case "captured": amount
        case "refunded": -amount
        // A refund that did not arrive.
        case "failed": amount
        case "disputed": stage == "fundsWithdrawn" ? -amount : stage == "fundsReinstated" ? amount : 0
        default: 0
        }
    }
}

extension Aftermath {
    /// All events in their order, then what the services and the provider have, a line each.
    var chronicle: String {
        let first = events.first?.time ?? 0
        var lines = events.map { "\($0.time - first) ms: \($0.type) of \($0.subject)" }
        lines += sagas.map { "saga \($0.saga) \($0.id): \($0.status) at \($0.step)" }
        lines += orderIds.sorted().map { "\($0): \(words($0))" }
        lines += self.lines.map { "provider \($0.orderId): \($0.action) \($0.amount) \($0.status) \($0.stage)" }
        lines += reservations.sorted { $0.key < $1.key }.map {
            "stock of \($0.key): \($0.value.count) \($0.value.status)"
        }
        lines += doings.flatMap { doing in
            doing.memory.acts.sorted { $0.key < $1.key }.map {
                "buyer \(doing.number): \(doing.plot.acts[$0.key].kind) \($0.value.map(\.status))"
            }
        }
        return lines.map { "\n    " + $0 }.joined()
    }
}
