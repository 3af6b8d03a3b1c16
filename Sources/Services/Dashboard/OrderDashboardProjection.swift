import Contracts
import Kernel
import Messaging
import Storage

/// One side of the read model. Updates the row of an order, and inserts it at the first event of the order, whichever
/// event that is; the order's story follows in the same transaction. The totals follow soon (`CountOrders`): if each
/// event changed them, the row of the present day would be in every transaction.
struct OrderDashboardProjection: Sendable {
    let rows: Repository<OrderDashboard>
    let stories: Repository<OrderStory>
    let counts: Repository<OrderCount>
    let totals: Repository<OrderTotals>
    let now: @Sendable () -> Timestamp
    /// Raised when an order has changes to count.
    let news: Signal

    func change(
        _ orderId: String, by event: CloudEvent, items: [OrderItem]?, in tx: any Transaction,
        _ apply: (inout OrderDashboard) -> Void
    ) async throws {
        let known = try await rows.find(orderId, in: tx)
        var row = known ?? OrderDashboard(orderId: orderId)
        apply(&row)
        row.changed(at: event.time)
        if known == nil { try await rows.insert(row, in: tx) } else { try await rows.update(row, in: tx) }
        try await tell(orderId, event, items, in: tx)
        try await mark(orderId, in: tx)
    }

    func remove(_ orderId: String, in tx: any Transaction) async throws {
        // The order may have been placed again under the same id, and paid, before this event arrived.
        guard let row = try await rows.find(orderId, in: tx), !row.isPaid else { return }
        try await rows.delete(row, in: tx)
        try await stories.delete(id: orderId, in: tx)
        try await mark(orderId, in: tx)
    }

    private func tell(
        _ orderId: String, _ event: CloudEvent, _ items: [OrderItem]?, in tx: any Transaction
    ) async throws {
        let known = try await stories.find(orderId, in: tx)
        var story = known ?? OrderStory(orderId: orderId)
        story.note(event, items: items)
        if known == nil { try await stories.insert(story, in: tx) } else { try await stories.update(story, in: tx) }
    }

    /// Lets the order be counted.
    private func mark(_ orderId: String, in tx: any Transaction) async throws {
        if var known = try await counts.find(orderId, in: tx) {
            guard known.pendingSince == nil else { return }
            known.pendingSince = now()
            try await counts.update(known, in: tx)
        } else {
            try await counts.insert(OrderCount(orderId: orderId, pendingSince: now()), in: tx)
        }
        tx.afterCommit { [news] in news.raise() }
    }

    /// Deletes a batch of rows; returns `false` if none was left.
    func clear(in tx: any Transaction) async throws -> Bool {
        var deleted = 0
        for schema in [rows.schema, stories.schema, counts.schema, totals.schema] {
            deleted += try await tx.deleteAll(where: [], limit: 500, from: schema)
        }
        return deleted > 0
    }
}

/// The totals, as they follow the rows.
extension OrderDashboardProjection {
    /// Counts each of the orders as its row is now: takes out of the totals what they contain of it, and adds what it is.
    /// `storing` also stores the rows again, so that fields which an earlier version of the program does not know have
    /// their values.
    func count(_ orders: [String], storing: Bool = false, in tx: any Transaction) async throws {
        var changes: [String: OrderTotals] = [:]
        func change(_ part: OrderCount.Part?, _ apply: (inout OrderTotals, OrderCount.Part) -> Void) {
            guard let part else { return }
            let empty = OrderTotals(for: part)
            apply(&changes[empty.id, default: empty], part)
        }
        for id in orders.sorted() {
            let known = try await counts.find(id, in: tx)
            let row = try await rows.find(id, in: tx)
            if storing, let row { try await rows.update(row, in: tx) }
            let part = row.flatMap { OrderCount.Part($0, after: known?.counted) }
            change(known?.counted) { $0.subtract($1) }
            change(part) { $0.add($1) }
            try await keep(part, of: id, known, in: tx)
        }
        for (id, change) in changes.sorted(by: { $0.key < $1.key }) where !change.isEmpty {
            guard var known = try await totals.find(id, in: tx) else {
                try await totals.insert(change, in: tx)
                continue
            }
            known.add(change)
            try await totals.update(known, in: tx)
        }
    }

    private func keep(
        _ part: OrderCount.Part?, of id: String, _ known: OrderCount?, in tx: any Transaction
    ) async throws {
        switch (known, part) {
        case (nil, nil): break
        case (nil, let part?): try await counts.insert(OrderCount(orderId: id, counted: part), in: tx)
        case (let known?, nil): try await counts.delete(known, in: tx)
        case (var known?, let part?):
            known.counted = part
            known.pendingSince = nil
            try await counts.update(known, in: tx)
        }
    }

    /// Finds orders that have waited to be counted since `time` or longer.
    func pending(since time: Timestamp, limit: Int, in tx: any ReadTransaction) async throws -> [String] {
        let due: [Condition] = [.lessOrEqual("pendingSince", .integer(time.milliseconds))]
        return try await counts.all(Query(where: due, sort: [Sort("pendingSince")], limit: limit), in: tx).map(\.id)
    }

    /// Finds, among the next rows after `last`, orders whose rows and totals differ and that nobody has marked: an
    /// earlier version of the program, which knows no totals, has stored or deleted their rows. `end` is the last of
    /// the rows, or `nil` if there are no more.
    func unmarked(
        after last: String, limit: Int, in tx: any ReadTransaction
    ) async throws -> (orders: [String], end: String?) {
        let part = try await rows.all(
            Query(where: [.greater("id", .text(last))], sort: [Sort("id")], limit: limit), in: tx)
        let end = part.count == limit ? part.last?.id : nil
        let range = [.greater("id", .text(last))] + (end.map { [Condition.lessOrEqual("id", .text($0))] } ?? [])
        let known = try await counts.all(Query(where: range, sort: [Sort("id")], limit: limit * 4), in: tx)
        let counts = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        let changed = part.filter { row in
            let count = counts[row.id]
            return count?.pendingSince == nil && OrderCount.Part(row, after: count?.counted) != count?.counted
        }
        let rows = Set(part.map(\.id))
        let deleted = known.filter { $0.pendingSince == nil && !rows.contains($0.id) }
        return (changed.map(\.id) + deleted.map(\.id), end)
    }
}
