import Messaging
import Storage

/// Updates the row of an order, and inserts it at the first event of the order, whichever event that is. What the row
/// adds to the totals of its day follows in the same transaction.
struct OrderDashboardProjection: Sendable {
    let rows: Repository<OrderDashboard>
    let totals: Repository<OrderTotals>

    func change(
        _ orderId: String, by event: CloudEvent, in tx: any Transaction, _ apply: (inout OrderDashboard) -> Void
    ) async throws {
        let known = try await rows.find(orderId, in: tx)
        var row = known ?? OrderDashboard(orderId: orderId)
        apply(&row)
        row.note(event)
        row.isCounted = row.isCountable
        try await count(from: known, to: row, in: tx)
        if known == nil { try await rows.insert(row, in: tx) } else { try await rows.update(row, in: tx) }
    }

    func remove(_ orderId: String, in tx: any Transaction) async throws {
        // The order may have been placed again under the same id, and paid, before this event arrived.
        guard let row = try await rows.find(orderId, in: tx), !row.isPaid else { return }
        try await count(from: row, to: nil, in: tx)
        try await rows.delete(row, in: tx)
    }

    /// Deletes a batch of rows; returns `false` if none was left.
    func clear(in tx: any Transaction) async throws -> Bool {
        let found = try await rows.all(Query(limit: 500), in: tx)
        for row in found { try await rows.delete(id: row.id, in: tx) }
        let days = try await totals.all(Query(limit: 500), in: tx)
        for day in days { try await totals.delete(id: day.id, in: tx) }
        return !found.isEmpty || !days.isEmpty
    }

    /// Takes from the totals what the row was in them, and adds what it is now. An order keeps its day and its currency,
    /// but for one that is placed again under the same identifier.
    private func count(
        from old: OrderDashboard?, to new: OrderDashboard?, in tx: any Transaction
    ) async throws {
        let (before, after) = (old.flatMap { OrderTotals($0) }, new.flatMap { OrderTotals($0) })
        guard before != after else { return }
        if let before, let after, before.id == after.id { return try await add(after - before, in: tx) }
        if let before { try await add(OrderTotals(like: before) - before, in: tx) }
        if let after { try await add(after, in: tx) }
    }

    private func add(_ change: OrderTotals, in tx: any Transaction) async throws {
        guard let known = try await totals.find(change.id, in: tx) else {
            try await totals.insert(change, in: tx)
            return
        }
        try await totals.update(known + change, in: tx)
    }
}
