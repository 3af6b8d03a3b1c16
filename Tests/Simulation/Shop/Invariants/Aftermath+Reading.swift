extension Aftermath {
    init(_ files: DurableFiles, _ folder: WorldFolder, _ story: Story, _ players: [Player]) {
        self.init(story: story)
        doings = players.map {
            Doing(number: $0.number, plot: $0.plot, memory: $0.memory, isBusy: $0.isBusy, refusals: $0.refusals)
        }
        readMoney(files)
        readGoods(files)
        readEvents(files)
        readRest(files)
    }

    private static func member(_ name: String, of document: String = "document") -> String {
        "coalesce(json_extract(\(document), '$.\(name)'), '')"
    }

    private mutating func readMoney(_ files: DurableFiles) {
        let order = ["paymentStatus", "fulfilmentStatus", "refundedAmount"].map { Self.member($0) }
        orders = files.rows(
            "order", "SELECT id, status, amount, \(order.joined(separator: ", ")) FROM orders", columns: 6
        )
        .map {
            Order(
                id: $0[0], status: $0[1], paymentStatus: $0[3].isEmpty ? nil : $0[3],
                fulfilmentStatus: $0[4].isEmpty ? nil : $0[4], amount: Int64($0[2]) ?? 0, refunded: Int64($0[5]) ?? 0)
        }
        let disputed = """
            (SELECT coalesce(sum(json_extract(d.value, '$.amount')), 0) FROM json_each(document, '$.disputes') d
            WHERE json_extract(d.value, '$.isWithdrawn'))
            """
        let payment = ["capturedAmount", "refundedAmount"].map { Self.member($0) } + [disputed]
        payments = files.rows(
            "payment", "SELECT id, orderId, status, \(payment.joined(separator: ", ")) FROM payments", columns: 6
        ).map {
            Payment(
                id: $0[0], orderId: $0[1], status: $0[2], captured: Int64($0[3]) ?? 0, refunded: Int64($0[4]) ?? 0,
                disputed: Int64($0[5]) ?? 0)
        }
        let attempt = ["id", "action", "state", "amount"].map { Self.member($0, of: "a.value") }
        attempts = files.rows(
            "payment",
            "SELECT p.orderId, \(attempt.joined(separator: ", ")) FROM payments p, json_each(p.document, '$.attempts') a",
            columns: 5
        ).map { Attempt(orderId: $0[0], id: $0[1], action: $0[2], state: $0[3], amount: Int64($0[4]) ?? 0) }
        let line = "SELECT id, orderId, action, status, amount, \(Self.member("stage")) FROM charges"
        lines = files.rows("psp", line, columns: 6).map {
            Line(
                id: $0[0], orderId: $0[1], action: $0[2], status: $0[3], amount: Int64($0[4]) ?? 0, stage: $0[5])
        }
        let gaps = "SELECT transactionId, sum(amount) FROM ledger GROUP BY transactionId HAVING sum(amount) <> 0"
        ledgerGaps = files.rows("payment", gaps).map { "\($0[0]): \($0[1])" }
        let owed = "SELECT orderId, sum(amount) FROM ledger WHERE account = 'PROVIDER_RECEIVABLE' GROUP BY orderId"
        for row in files.rows("payment", owed) { ledger[row[0]] = Int64(row[1]) }
    }

    private mutating func readGoods(_ files: DurableFiles) {
        deliveries = files.rows("delivery", "SELECT orderId, status FROM deliveries").map { ($0[0], $0[1]) }
        guard story.cast != .money else { return }
        let pieces = "SELECT sum(json_extract(value, '$.qty')) FROM json_each(document, '$.items')"
        for row in files.rows("product", "SELECT id, status, (\(pieces)) FROM reservations") {
            reservations[row[0]] = Pieces(status: row[1], count: Int(row[2]) ?? 0)
        }
        onHand = files.count("product", "SELECT sum(onHand) FROM stocks")
        reserved = files.count("product", "SELECT sum(reserved) FROM stocks")
        carts = files.rows("cart", "SELECT status FROM carts").map { $0[0] }
    }

    private mutating func readEvents(_ files: DurableFiles) {
        let rows =
            "SELECT subject, type, time, coalesce(json_extract(data, '$.isWhole'), 0) FROM events ORDER BY position"
        events = files.rows("events", rows, columns: 4).map {
            Event(
                subject: $0[0], type: String($0[1].split(separator: ".").dropLast().last ?? ""),
                time: Int64($0[2]) ?? 0,
                isWhole: $0[3] == "1")
        }
    }

    private mutating func readRest(_ files: DurableFiles) {
        for (service, saga) in [("cart", "checkout"), ("order", "cancellation"), ("order", "refund")] {
            guard service != "cart" || story.cast != .money else { continue }
            let rows = "SELECT id, status, step, \(Self.member("state.orderId")) FROM \(saga)Sagas"
            sagas += files.rows(service, rows, columns: 4).map { (saga, $0[0], $0[3], $0[1], $0[2]) }
        }
        for service in services {
            let count = files.count(service, "SELECT count(*) FROM outbox")
            if count > 0 { waiting[service] = count }
            deadLetters += files.rows(service, "SELECT type, error FROM deadLetters")
                .map { "\(service) set aside \($0[0]): \($0[1])" }
        }
        for service in ["order", "payment"] {
            let open = "SELECT kind, coalesce(orderId, '') FROM operatorTasks WHERE state = 'OPEN'"
            tasks += files.rows(service, open, columns: 2).map { Task(kind: $0[0], orderId: $0[1]) }
        }
        let sides = ["there", "here"].map { "coalesce(json_extract(document, '$.\($0)'), 0)" }
            .joined(separator: " - ")
        let sign = "CASE WHEN json_extract(document, '$.movement') IN ('refund', 'dispute') THEN -1 ELSE 1 END"
        let differing = "SELECT kind, orderId, (\(sign)) * (\(sides)) FROM differences WHERE state = 'OPEN'"
        differences = files.rows("payment", differing, columns: 3)
            .map { Difference(kind: $0[0], orderId: $0[1], gap: Int64($0[2]) ?? 0) }
        let late = "(SELECT count(*) FROM deferredSteps WHERE json_extract(document, '$.kind') <> 'settle')"
        let callbacks =
            files.count("psp", "SELECT count(*) FROM pendingCallbacks") + files.count("psp", "SELECT " + late)
        if callbacks > 0 { waiting["callbacks", default: 0] += callbacks }
        guard story.cast == .shop else { return }
        hasDashboard = true
        for row in files.rows("dashboard", "SELECT id, \(Self.member("status")) FROM orderDashboards") {
            dashboards[row[0]] = row[1]
        }
        unsent = files.rows("notification", "SELECT id, status FROM messages WHERE status <> 'SENT'")
            .map { "\($0[0]) is \($0[1])" }
    }

    /// Those that keep events: all of them but the ones without a database.
    private var services: [String] {
        let money = ["order", "payment", "delivery", "psp"]
        switch story.cast {
        case .money: return money
        case .checkout: return money + ["product", "customer", "cart"]
        case .shop: return money + ["product", "customer", "cart", "notification", "dashboard"]
        }
    }
}
