import Contracts
import HTTP
import Kernel

/// The body of `POST /carts`.
struct CreateCart: Codable, Sendable {
    let customerId: String
    let branchId: Int64
    let items: [CheckoutItem]?
}

/// The body of `PUT /carts/{id}/items/{sauceId}`.
struct ChangeItem: Codable, Sendable {
    /// Pieces, at least 1.
    let qty: Int64
}

/// The body of `POST /carts/{id}/checkout`; optional.
struct CheckOut: Codable, Sendable, Hashable {
    /// What the buyer saw, in minor units: where the cart comes to something else, nothing is ordered.
    let total: Int64?
    let currency: Currency?
}

/// What makes a cart's content unacceptable, field by field.
enum CartRules {
    static func check(_ command: CreateCart) throws {
        var errors: [Problem.Field] = []
        if !(1...64).contains(command.customerId.utf8.count) {
            errors.append(.init(field: "customerId", message: "must have 1 to 64 bytes"))
        } else if !command.customerId.utf8.allSatisfy(Self.isUnreserved) {
            errors.append(.init(field: "customerId", message: "must consist of letters, digits and -._~"))
        }
        if command.branchId < 1 { errors.append(.init(field: "branchId", message: "must be greater than 0")) }
        let items = command.items ?? []
        if items.count > Cart.maximumItems {
            errors.append(.init(field: "items", message: "must be at most \(Cart.maximumItems)"))
        }
        for (index, item) in items.enumerated() {
            errors += problems(item, field: "items[\(index)].")
        }
        if Set(items.map(\.sauceId)).count != items.count {
            errors.append(.init(field: "items", message: "must name each sauceId once"))
        }
        guard errors.isEmpty else { throw Problem.invalid(errors) }
    }

    static func check(_ item: CheckoutItem) throws {
        let errors = problems(item, field: "")
        guard errors.isEmpty else { throw Problem.invalid(errors) }
    }

    /// Of RFC 3986: it becomes a part of a path as it is.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func problems(_ item: CheckoutItem, field: String) -> [Problem.Field] {
        var errors: [Problem.Field] = []
        if item.sauceId < 1 { errors.append(.init(field: field + "sauceId", message: "must be greater than 0")) }
        if !Cart.pieces.contains(item.qty) {
            errors.append(.init(field: field + "qty", message: "must be from 1 to \(Cart.pieces.upperBound)"))
        }
        return errors
    }
}
