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
        try await rows.delete(id: orderId, in: tx)
    }
}
