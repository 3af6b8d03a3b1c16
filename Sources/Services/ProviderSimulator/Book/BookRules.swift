import Kernel
import PaymentProviders

/// What may be done to a charge, and what it does to it. Pure.
enum BookRules {
    /// The charge after `movement`, and the minor units that it moves. Throws where that is more than there is.
    static func apply(_ movement: Movement, to root: SimulatedCharge) throws(BookError) -> (SimulatedCharge, Int64) {
        guard movement.orderId == nil || movement.orderId == root.orderId else {
            throw .impossible("\(root.id) is a charge of another order")
        }
        guard movement.currency == nil || movement.currency == root.currency else {
            throw .impossible("\(root.id) was made in \(root.currency.code)")
        }
        return switch movement.action {
        case .capture: try capture(movement, of: root)
        case .void: try void(movement, of: root)
        case .refund: try refund(movement, of: root)
        case .charge, .authorise: throw .impossible("\(movement.action.rawValue) is not about another charge")
        }
    }

    private static func capture(
        _ movement: Movement, of root: SimulatedCharge
    ) throws(BookError) -> (SimulatedCharge, Int64) {
        try requireOpenReservation(root)
        let amount = movement.amount ?? root.amount
        guard amount <= root.amount else { throw .impossible("only \(root.amount) were authorised, not \(amount)") }
        var root = root
        root.captured = amount
        return (root, amount)
    }

    private static func void(
        _ movement: Movement, of root: SimulatedCharge
    ) throws(BookError) -> (SimulatedCharge, Int64) {
        try requireOpenReservation(root)
        var root = root
        root.isVoided = true
        return (root, movement.amount ?? root.amount)
    }

    private static func refund(
        _ movement: Movement, of root: SimulatedCharge
    ) throws(BookError) -> (SimulatedCharge, Int64) {
        guard root.captured > 0 else { throw .impossible("\(root.id) was not captured") }
        let left = root.captured - root.refunded
        let amount = movement.amount ?? left
        guard left > 0, amount <= left else { throw .impossible("only \(left) are left to refund, not \(amount)") }
        var root = root
        root.refunded += amount
        return (root, amount)
    }

    private static func requireOpenReservation(_ root: SimulatedCharge) throws(BookError) {
        guard root.action == .authorise, root.status == .authorised else {
            throw .impossible("\(root.id) is no authorisation")
        }
        guard !root.isVoided else { throw .impossible("\(root.id) was voided") }
        guard root.captured == 0 else { throw .impossible("\(root.id) was captured") }
    }
}
