import Kernel
import ServiceHost
import Storage

/// Fills the fields of the two states in orders that an earlier version of the program stored, so that queries find
/// them. Orders with an open payment get their deadline, counted from now.
///
/// An earlier version may still be running during an update, so the search is repeated.
struct FillOrders: Sendable {
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
            // An update writes every declared field.
            try await orders.update(order, in: tx)
        }
    }
}
