import Storage

/// Keeps the rows: makes one when the first event of an order comes, whichever it is.
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
        // A later try with the same order id may have been paid before this event came.
        guard let row = try await rows.find(orderId, in: tx), !row.isPaid else { return }
        try await rows.delete(row, in: tx)
    }
}
