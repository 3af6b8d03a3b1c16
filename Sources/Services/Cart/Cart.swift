public import Contracts
public import Kernel
import REST
public import Storage

/// The aggregate of a cart: the products that a customer has chosen at a branch, before the order.
public struct Cart: Entity, Hashable {
    public enum Status: String, Codable, Sendable, Hashable, CaseIterable {
        /// Can be changed.
        case open = "OPEN"
        case checkingOut = "CHECKING_OUT"
        /// Its order is paid.
        case ordered = "ORDERED"
    }
    public let id: String
    public var version: Int64 = 0
    public let customerId: String
    public let branchId: Int64
    /// The customer who opened it; `nil` if nobody has said who asks.
    public internal(set) var owner: Principal?
    public private(set) var items: [CheckoutItem]
    public private(set) var status: Status = .open
    /// The order of the last checkout.
    public private(set) var orderId: String?
    /// The failure of the last checkout; `nil` if it did not fail.
    public private(set) var failure: CheckoutFailure?

    public static let maximumItems = 100
    public static let pieces: ClosedRange<Int64> = 1...1_000_000

    public static let collection = Collection<Cart>(
        "carts",
        fields: [
            .text("customerId", indexed: true) { $0.customerId },
            .integer("branchId") { $0.branchId },
            .text("status", indexed: true) { $0.status.rawValue },
            .owner { $0.owner },
        ])

    static var firstSchema: CollectionSchema { collection.schema.without(Ownership.fields) }

    public init(
        id: String, customerId: String, branchId: Int64, items: [CheckoutItem], owner: Principal? = nil
    ) {
        self.id = id
        self.customerId = customerId
        self.branchId = branchId
        self.owner = owner
        self.items = []
        for item in items { put(item.sauceId, qty: (quantity(of: item.sauceId) ?? 0) + item.qty) }
    }

    public func quantity(of sauceId: Int64) -> Int64? { items.first { $0.sauceId == sauceId }?.qty }

    /// Sets the number of pieces of a product.
    public mutating func put(_ sauceId: Int64, qty: Int64) {
        let item = CheckoutItem(sauceId: sauceId, qty: qty)
        if let index = items.firstIndex(where: { $0.sauceId == sauceId }) {
            items[index] = item
        } else {
            items.append(item)
        }
    }

    public mutating func remove(_ sauceId: Int64) { items.removeAll { $0.sauceId == sauceId } }

    mutating func checkOut(orderId: String) {
        status = .checkingOut
        self.orderId = orderId
        failure = nil
    }

    mutating func ordered() { status = .ordered }

    /// Reopens the cart after a failed checkout, so that it can be changed and checked out again.
    mutating func reopen(_ failure: CheckoutFailure) {
        status = .open
        self.failure = failure
    }
}
