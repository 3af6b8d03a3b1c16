public import Kernel
public import PaymentProviders

/// A chargeback: the buyer's bank asks for the money of a payment.
public struct PaymentDispute: Codable, Sendable, Hashable {
    /// The provider's.
    public let id: String
    public internal(set) var stage: DisputeStage
    /// Minor units, in the payment's currency.
    public let amount: Int64
    public let openedAt: Timestamp
    /// The provider has taken the amount, and not given it back.
    public internal(set) var isWithdrawn = false
}

extension Payment {
    private static let maximumDisputes = 50

    /// The effect of a stage; `nil` if it is known already or does not fit.
    enum DisputeEffect: Sendable, Hashable {
        case withdrawn(Int64)
        case reinstated(Int64)
        case told
    }

    /// Applies a stage of a dispute. Stages may come twice and in any order: money moves by the provider's word on money
    /// only, once each way.
    mutating func dispute(
        _ id: String, _ stage: DisputeStage, _ money: Money, at time: Timestamp
    ) -> DisputeEffect? {
        guard money.currency == currency, money.amount > 0 else { return nil }
        var disputes = self.disputes ?? []
        let index: Int
        if let known = disputes.firstIndex(where: { $0.id == id }) {
            guard disputes[known].amount == money.amount, disputes[known].stage != stage else { return nil }
            index = known
        } else {
            guard disputes.count < Self.maximumDisputes else { return nil }
            disputes.append(PaymentDispute(id: id, stage: stage, amount: money.amount, openedAt: time))
            index = disputes.count - 1
        }
        let isOver = disputes[index].stage == .won || disputes[index].stage == .lost
        var effect = DisputeEffect.told
        switch stage {
        case .fundsWithdrawn where !disputes[index].isWithdrawn:
            disputes[index].isWithdrawn = true
            effect = .withdrawn(money.amount)
        case .fundsReinstated where disputes[index].isWithdrawn:
            disputes[index].isWithdrawn = false
            effect = .reinstated(money.amount)
            // Refunds that the provider refused while the bank had the money are asked for anew.
            giveBackSince = time
        default: break
        }
        if !isOver { disputes[index].stage = stage }
        self.disputes = disputes
        return isOver && effect == .told ? nil : effect
    }

    /// Whether some money is known to have been taken, be it more than the order's one capture.
    var isTaken: Bool {
        attempts.contains { $0.state == .succeeded && ($0.action == .charge || $0.action == .capture) }
    }

    /// The amount that chargebacks have taken and not given back.
    var disputedAmount: Int64 { (disputes ?? []).filter(\.isWithdrawn).reduce(0) { $0 + $1.amount } }
}
