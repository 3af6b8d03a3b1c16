public import Contracts
public import Kernel
public import Messaging
public import Storage

/// One try to order what is in a cart, whoever leads it. It has the id of the order that is to be, and its events belong to
/// that order's story.
public struct Checkout: Aggregate, Hashable {
    public enum Status: String, Codable, Sendable, Hashable, CaseIterable {
        case running = "RUNNING"
        /// Its order is paid and its stock sold.
        case completed = "COMPLETED"
        /// It came to nothing, and what it had taken was given back.
        case failed = "FAILED"
    }
    public let id: String
    public var version: Int64 = 0
    public var recorded = RecordedEvents()
    public let cartId: String
    public let customerId: String
    public let branchId: Int64
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
        items = cart.items
        self.style = style
        startedAt = time
        // One that cart leads is nobody else's business until it has ended.
        guard style == .choreographed else { return }
        record(
            CheckoutRequested(
                orderId: id, cartId: cartId, customerId: customerId, branchId: branchId, items: items, total: total,
                currency: currency, requestedAt: time))
    }

    /// The fields that came after the collection's first version.
    static let laterFields: Set<String> = ["expiryAt"]

    static var firstSchema: CollectionSchema {
        CollectionSchema(
            name: collection.name, fields: collection.schema.fields.filter { !laterFields.contains($0.name) })
    }

    /// Since when it waits, of those that nobody leads: from then on its time runs, again with each time it is given up.
    var expiryAt: Timestamp? {
        status == .running && style == .choreographed ? givenUpAt ?? startedAt : nil
    }

    mutating func complete(at time: Timestamp) {
        status = .completed
        endedAt = time
        record(CheckoutCompleted(orderId: id, cartId: cartId, customerId: customerId))
    }

    /// May be said again. The first failure counts. That its time is over is told each time.
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
