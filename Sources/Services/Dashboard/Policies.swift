import Storage

/// Applies events to the rows. The first event of an order, of whichever type, creates its row.
struct DashboardProjection: Sendable {
    let rows: Repository<OrderDashboard>

    func change(
        _ orderId: String, in tx: any Transaction, _ apply: (inout OrderDashboard) -> Void
    ) async throws {
        let known = try await rows.find(orderId, in: tx)
        var row = known ?? OrderDashboard(orderId: orderId)
        apply(&row)
        if known == nil { try await rows.insert(row, in: tx) } else { try await rows.update(row, in: tx) }
    }

    func remove(_ orderId: String, in tx: any Transaction) async throws {
        // A later try with the same order id may have been paid before this event.
        guard let row = try await rows.find(orderId, in: tx), !row.isPaid else { return }
        try await rows.delete(row, in: tx)
    }
}
