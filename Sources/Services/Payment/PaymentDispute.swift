import Contracts
public import Kernel
import Messaging
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
    /// The provider has said that it took the amount, whatever came after. `nil` in older documents.
    var wasWithdrawn: Bool?
    /// The provider has said that it gave the amount back, be it before it said that it took it. `nil` in older documents.
    var wasReinstated: Bool?

    private var hasReinstated: Bool { wasReinstated ?? (stage == .fundsReinstated) }
    private var hasWithdrawn: Bool { wasWithdrawn ?? (isWithdrawn || stage == .fundsReinstated) }

    /// Notes what the provider says of the money. It takes it once and gives it back once, but its words come in any order,
    /// and more than once. `nil` if it was known.
    mutating func move(_ stage: DisputeStage) -> Payment.DisputeEffect? {
        let (withdrawn, reinstated) = (hasWithdrawn, hasReinstated)
        (wasWithdrawn, wasReinstated) = (withdrawn, reinstated)
        switch stage {
        case .fundsWithdrawn where withdrawn, .fundsReinstated where reinstated:
            return nil
        case .fundsWithdrawn:
            wasWithdrawn = true
            guard !reinstated else { return .withdrawnAndReinstated(amount) }
            isWithdrawn = true
            return .withdrawn(amount)
        case .fundsReinstated:
            wasReinstated = true
            guard isWithdrawn else { return .told }
            isWithdrawn = false
            return .reinstated(amount)
        default:
            return .told
        }
    }
}

extension Payment {
    private static let maximumDisputes = 50

    /// The effect of a stage; `nil` if it is known already or does not fit.
    enum DisputeEffect: Sendable, Hashable {
        case withdrawn(Int64)
        case reinstated(Int64)
        /// That it was given back had been told before.
        case withdrawnAndReinstated(Int64)
        case told

        /// The stage that the dispute is in then, if that is another than the one that was told.
        var stage: DisputeStage? { if case .withdrawnAndReinstated = self { .fundsReinstated } else { nil } }
    }

    /// Applies a stage of a dispute. Stages may come twice and in any order: money moves by the provider's word on money
    /// only, once each way.
    mutating func dispute(
        _ id: String, _ stage: DisputeStage, _ money: Money, at time: Timestamp
    ) -> DisputeEffect? {
        guard money.currency == currency, money.amount > 0 else { return nil }
        var disputes = self.disputes ?? []
        let (index, isOver): (Int, Bool)
        if let known = disputes.firstIndex(where: { $0.id == id }) {
            guard disputes[known].amount == money.amount, disputes[known].stage != stage else { return nil }
            (index, isOver) = (known, disputes[known].stage == .won || disputes[known].stage == .lost)
        } else {
            guard disputes.count < Self.maximumDisputes else { return nil }
            disputes.append(
                PaymentDispute(
                    id: id, stage: stage, amount: money.amount, openedAt: time, wasWithdrawn: false,
                    wasReinstated: false))
            (index, isOver) = (disputes.count - 1, false)
        }
        guard let effect = disputes[index].move(stage) else { return nil }
        // Refunds that the provider refused while the bank had the money are asked for anew.
        if case .reinstated = effect { giveBackSince = time }
        if !isOver { disputes[index].stage = effect.stage ?? stage }
        self.disputes = disputes
        if isOver, effect == .told, stage != .fundsReinstated { return nil }
        record(
            PaymentDisputed(
                paymentId: self.id, orderId: orderId, stage: .init(effect.stage ?? stage), amount: money.amount,
                currency: money.currency, at: time))
        return effect
    }

    /// Whether some money is known to have been taken, be it more than the order's one capture.
    var isTaken: Bool {
        attempts.contains { $0.state == .succeeded && ($0.action == .charge || $0.action == .capture) }
    }

    /// The amount that chargebacks have taken and not given back.
    var disputedAmount: Int64 { (disputes ?? []).filter(\.isWithdrawn).reduce(0) { $0 + $1.amount } }
}

extension PaymentDisputed.Stage {
    fileprivate init(_ stage: DisputeStage) {
        self =
            switch stage {
            case .opened: .opened
            case .fundsWithdrawn: .fundsWithdrawn
            case .fundsReinstated: .fundsReinstated
            case .won: .won
            case .lost: .lost
            }
    }
}
