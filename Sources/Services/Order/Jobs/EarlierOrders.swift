import Kernel
import ServiceHost
import Storage

/// Fills the fields that came with the two states of an order in the orders that an earlier version stored, so that
/// they are found by them; those whose payment is open get their deadline, which runs from then on.
///
/// An earlier version may go on writing while this one starts, so that it is looked for such orders again and again.
struct EarlierOrders: Sendable {
    static let batch = 100
    private static let interval = Duration.seconds(60)

    let context: ServiceEnvironment
    let orders: Repository<Order>
    /// `nil` if no payment is asked for.
    let deadline: Duration?

    func run() async throws {
        try await context.repeating(
            every: Self.interval, failure: "orders of an earlier version could not be filled in this time", fill)
    }

    func fill() async throws {
        var filled = Self.batch
        while filled == Self.batch {
            try Task.checkCancellation()
            let earlier = try await orders.all(
                Query(where: [.equal("paymentStatus", .null)], limit: Self.batch))
            for order in earlier { try await fill(order) }
            filled = earlier.count
        }
    }

    private func fill(_ order: Order) async throws {
        try await context.transaction(onConflict: .retry) { tx in
            guard var order = try await orders.find(order.id, in: tx) else { return }
            if let deadline, order.awaitsPayment, order.paymentDueAt == nil {
                order.paymentDueAt = context.loop.now + deadline
            }
            // Writes every declared field anew.
            try await orders.update(order, in: tx)
        }
    }
}
