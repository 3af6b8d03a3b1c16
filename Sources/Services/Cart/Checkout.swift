public import Contracts
public import Kernel
public import Messaging
import REST
import ServiceHost
public import Storage

/// One attempt to order the content of a cart, in either mode. It has the identifier of the order that it is to create,
/// and its events belong to the story of that order.
public struct Checkout: Aggregate, Hashable {
    public enum Status: String, Codable, Sendable, Hashable, CaseIterable {
        case running = "RUNNING"
        /// Its order is paid and its stock sold.
        case completed = "COMPLETED"
        /// It has no order, and its stock and money were given back.
        case failed = "FAILED"
    }
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    public let cartId: String
    public let customerId: String
    public let branchId: Int64
    /// The customer whose cart it is.
    public internal(set) var owner: Principal?
    public let items: [CheckoutItem]
    /// The total that the buyer saw, in minor units; `nil` if the request names none.
    public let total: Int64?
    public let currency: Currency?
    public let style: CheckoutStyle
    public private(set) var status: Status = .running
    public private(set) var failure: CheckoutFailure?
    public private(set) var reason: String?
    public let startedAt: Timestamp
    public private(set) var endedAt: Timestamp?
    /// It is being given up for this; it has failed once all is taken back.
    public private(set) var givenUpFor: CheckoutFailure?
    public private(set) var givenUpAt: Timestamp?

    public static let collection = Collection<Checkout>(
        "checkouts",
        fields: [
            .text("cartId", indexed: true) { $0.cartId },
            .text("customerId") { $0.customerId },
            .text("status", indexed: true) { $0.status.rawValue },
            .time("startedAt") { $0.startedAt },
            .time("expiryAt", indexed: true) { $0.expiryAt },
            .owner { $0.owner },
        ])

    init(
        orderId: String, cart: Cart, style: CheckoutStyle, total: Int64? = nil, currency: Currency? = nil,
        at time: Timestamp
    ) {
        self.total = total
        self.currency = currency
        id = orderId
        cartId = cart.id
        customerId = cart.customerId
        branchId = cart.branchId
        owner = cart.owner
        items = cart.items
        self.style = style
        startedAt = time
        // A checkout that cart leads concerns no other service until it has ended.
        guard style == .choreographed else { return }
        record(
            CheckoutRequested(
                orderId: id, cartId: cartId, customerId: customerId, branchId: branchId, items: items, total: total,
                currency: currency, owner: owner, requestedAt: time))
    }

    /// The fields that came after the collection's first version.
    static let laterFields = ["expiryAt"] + Ownership.fields

    static var firstSchema: CollectionSchema { collection.schema.without(laterFields) }

    /// The time from which a choreographed checkout's patience is counted. It is counted anew each time the checkout is
    /// given up. `nil` for a checkout that cart leads, or that has ended.
    var expiryAt: Timestamp? {
        status == .running && style == .choreographed ? givenUpAt ?? startedAt : nil
    }

    mutating func complete(at time: Timestamp) {
        status = .completed
        endedAt = time
        record(CheckoutCompleted(orderId: id, cartId: cartId, customerId: customerId))
    }

    /// Gives the checkout up, perhaps not for the first time. The first failure counts; an expiry is published each time.
    mutating func giveUp(for failure: CheckoutFailure, at time: Timestamp) {
        givenUpFor = givenUpFor ?? failure
        givenUpAt = time
        if failure == .timedOut { record(CheckoutExpired(orderId: id, cartId: cartId, customerId: customerId)) }
    }

    mutating func fail(_ failure: CheckoutFailure, reason: String, at time: Timestamp) {
        status = .failed
        self.failure = failure
        self.reason = reason
        endedAt = time
        record(
            CheckoutFailed(orderId: id, cartId: cartId, customerId: customerId, failure: failure, reason: reason))
    }
}

/// Ends checkouts of either mode: each with its cart and its event, in one transaction.
struct CheckoutEnding: Sendable {
    let context: ServiceEnvironment
    let carts: Repository<Cart>
    let checkouts: Repository<Checkout>
    let watch: CheckoutWatch

    func complete(_ orderId: String, in tx: any Transaction) async throws {
        try await end(orderId, in: tx) { checkout, cart in
            checkout.complete(at: context.loop.now)
            cart.ordered()
        }
    }

    func fail(
        _ orderId: String, _ failure: CheckoutFailure, reason: String, in tx: any Transaction
    ) async throws {
        try await end(orderId, in: tx) { checkout, cart in
            // Its order was cancelled because the checkout was given up.
            let cause = failure == .cancelled ? checkout.givenUpFor ?? failure : failure
            checkout.fail(cause, reason: reason, at: context.loop.now)
            cart.reopen(cause)
        }
    }

    /// Gives a checkout up, which fails once its order is cancelled. Does nothing if it has ended.
    func giveUp(_ orderId: String, for failure: CheckoutFailure, in tx: any Transaction) async throws {
        guard var checkout = try await checkouts.find(orderId, in: tx), checkout.status == .running else { return }
        checkout.giveUp(for: failure, at: context.loop.now)
        try await checkouts.update(checkout, in: tx)
    }

    /// Gives up choreographed checkouts that take longer than `patience`, since nobody leads them. Each is given up again
    /// and again, because its order may be created only when a service is back.
    func expiry(after patience: Duration, every interval: Duration) -> Job<Checkout> {
        // Only choreographed checkouts have the field. They are worked on one after the other, since none is urgent.
        let plan = JobPlan(due: "expiryAt", every: interval, lateness: patience, atOnce: 1)
        return Job("expire checkouts", in: checkouts, context, plan) { due in
            try await context.transaction { tx in
                // Another process may have been faster.
                guard try await checkouts.find(due.id, in: tx)?.version == due.version else { return }
                try await giveUp(due.id, for: .timedOut, in: tx)
            }
        }
    }

    /// Ends a checkout, unless it has ended before.
    private func end(
        _ orderId: String, in tx: any Transaction, _ change: (inout Checkout, inout Cart) -> Void
    ) async throws {
        guard var checkout = try await checkouts.find(orderId, in: tx), checkout.status == .running,
            var cart = try await carts.find(checkout.cartId, in: tx)
        else { return }
        change(&checkout, &cart)
        try await checkouts.update(checkout, in: tx)
        try await carts.update(cart, in: tx)
        tx.afterCommit { [watch] in watch.ended(orderId) }
    }
}
