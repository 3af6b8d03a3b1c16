import Kernel
import PaymentProviders

/// The rules of a charge: what may be done to it, and what follows. Pure.
enum BookRules {
    /// The charge after `movement`, and the minor units that it moves. Throws if that is more than there is.
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
        case .charge, .authorise, .refundFailure, .dispute:
            throw .impossible("\(movement.action.rawValue) is not asked about another charge")
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
        let amount = movement.amount ?? root.left
        guard root.left > 0, amount <= root.left else { throw .tooMuch(left: root.left, amount: amount) }
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

    /// The charge after a stage of a dispute about `amount`.
    static func dispute(
        _ stage: DisputeStage, amount: Int64, of root: SimulatedCharge
    ) throws(BookError) -> SimulatedCharge {
        var root = root
        switch stage {
        case .opened:
            guard root.left >= amount else { throw .tooMuch(left: root.left, amount: amount) }
        case .fundsWithdrawn:
            guard root.left >= amount else { throw .tooMuch(left: root.left, amount: amount) }
            root.disputed = (root.disputed ?? 0) + amount
        case .fundsReinstated:
            let disputed = root.disputed ?? 0
            guard disputed >= amount else { throw .impossible("only \(disputed) of \(root.id) are disputed") }
            root.disputed = disputed - amount
        case .won, .lost: break
        }
        return root
    }
}
