import Kernel
import PaymentProviders

@testable import PaymentService

/// A payment with its books, driven by events; every rule is checked after each of them.
struct PaymentHistory {
    struct Broken: Error, CustomStringConvertible {
        let rule: String
        let after: PaymentEvent
        var description: String { "\(rule), after \(after)" }
    }
    static let policy = GiveBackPolicy(tries: 3, firstDelay: .seconds(10))

    private(set) var payment: Payment
    private var time = Timestamp(milliseconds: 1_767_225_600_000)
    private var balance = TrialBalance()
    private var booked: Set<String> = []
    private var begun: [String] = []
    private var adopted = 0

    init(amount: Int64, isTombstone: Bool = false) {
        payment =
            isTombstone
            ? .tombstone(id: "PAY-1", orderId: "ORD-1", provider: "simulator", at: time)
            : Payment(
                id: "PAY-1", orderId: "ORD-1", money: Money(amount, .southKoreanWon), provider: "simulator",
                requestedAt: time)
    }

    /// Runs the events, with `rule` as one more rule; throws `Broken` at the first that does not hold.
    static func run(
        _ events: [PaymentEvent], amount: Int64, rule: (PaymentHistory) -> String? = { _ in nil }
    ) throws {
        var history = PaymentHistory(amount: amount, isTombstone: events.first == .cancel)
        for event in events {
            try history.apply(event)
            if let broken = rule(history) { throw Broken(rule: broken, after: event) }
        }
        try history.end()
    }

    mutating func apply(_ event: PaymentEvent) throws {
        let before = payment
        switch event {
        case .begin(let action, let amount, let isExpiry): begin(action, amount, isExpiry: isExpiry)
        case .withdraw(let number):
            if let id = id(number), payment.withdraw(attempt: id) { giveBack() }
        case .cancel:
            payment.requestCancellation(at: time)
            giveBack()
        case .wait:
            time = time + .seconds(60)
            giveBack()
        case .settle(let number, let news, let isConfirmed):
            let effects = payment.settle(
                id(number) ?? "ATT-0", self.news(news, number), at: time, isConfirmed: isConfirmed)
            guard let effects else {
                try require(payment == before, "news that say nothing change nothing", event)
                return
            }
            try perform(effects, event)
            giveBack()
        case .adopt(let action, let amount):
            adopted += 1
            let isCharge = action == .charge || action == .authorise
            let movement = ProviderMovement(
                action: action, money: Money(amount, .southKoreanWon), orderId: "ORD-1",
                reference: "ELSEWHERE-\(adopted)", chargeReference: isCharge ? nil : payment.reference,
                idempotencyKey: nil)
            let id = "ATT-\(begun.count + 1)"
            guard let effects = payment.adopt(movement, provider: "simulator", attemptId: id, at: time) else {
                try require(payment == before, "what does not fit changes nothing", event)
                return
            }
            begun.append(id)
            try perform(effects, event)
            giveBack()
        }
        try PaymentRules.check(payment, before: before, Self.policy) { try require($0, $1, event) }
        try checkBooks(event)
    }

    /// Whatever happened, answers to everything that is open leave nothing open, and nothing of a cancelled order.
    private mutating func end() throws {
        for _ in 0..<20 where payment.checkAt != nil {
            for attempt in payment.attempts where attempt.isOpen || attempt.verifyAt != nil {
                let isBack = attempt.action == .refund || attempt.action == .void
                let news: PaymentEvent.News = isBack || attempt.state == .succeeded ? .succeeded : .refused
                guard let number = begun.firstIndex(of: attempt.id) else { continue }
                try apply(.settle(attempt: number, news, isConfirmed: true))
            }
            try apply(.wait)
            try apply(.wait)
        }
        try require(payment.checkAt == nil, "nothing is open for ever", .wait)
        let isGivenUp = payment.attempts.contains {
            ($0.action == .refund || $0.action == .void) && ($0.state == .refused || $0.state == .reversed)
        }
        if payment.cancellationRequestedAt != nil, !isGivenUp {
            try require(payment.cancellation == .settled, "nothing of a cancelled order is kept", .wait)
        }
    }

    private mutating func begin(_ action: ProviderAction, _ amount: Int64, isExpiry: Bool) {
        let id = "ATT-\(begun.count + 1)"
        let attempt = try? payment.begin(
            action, amount: amount, attemptId: id, idempotencyKey: id, at: time, checkAt: time,
            isExpiry: isExpiry && action == .void)
        if attempt != nil { begun.append(id) }
    }

    private mutating func giveBack() {
        var begun = begun
        _ = payment.giveBack(by: Self.policy, at: time, checkAt: time) {
            begun.append("ATT-\(begun.count + 1)")
            return begun.last ?? ""
        }
        self.begun = begun
    }

    /// As the service performs them.
    private mutating func perform(_ effects: [PaymentEffect], _ event: PaymentEvent) throws {
        for effect in effects {
            switch effect {
            case .captured(let amount, let attempt), .strayCaptured(let amount, let attempt):
                try book(.capture, amount, attempt, event)
            case .refunded(let amount, let attempt), .strayRefunded(let amount, let attempt):
                try book(.refund, amount, attempt, event)
            case .refundReversed(let amount, let attempt, _), .strayRefundReversed(let amount, let attempt):
                try book(.refundReversal, amount, attempt + ".reversal", event)
            default: break
            }
        }
    }

    private mutating func book(
        _ kind: LedgerBooking.Kind, _ amount: Int64, _ attempt: String, _ event: PaymentEvent
    ) throws {
        try require(booked.insert(attempt).inserted, "an attempt is booked once", event)
        let booking = LedgerBooking(
            transactionId: attempt, kind: kind, paymentId: payment.id, orderId: payment.orderId,
            money: Money(amount, payment.currency))
        for entry in booking.entries(at: time) { balance.add(entry) }
    }

    /// What the provider owes is what succeeded attempts took, less what they gave back: strays and reversals included.
    private func checkBooks(_ event: PaymentEvent) throws {
        try require(balance.isZero, "the bookings sum to zero", event)
        let owed = balance.accounts.first { $0.account == .providerReceivable }?.amount.value ?? 0
        let moved = payment.attempts.filter { $0.state == .succeeded }.reduce(Int128(0)) { sum, attempt in
            switch attempt.action {
            case .charge, .capture: sum + Int128(attempt.amount)
            case .refund: sum - Int128(attempt.amount)
            case .authorise, .void: sum
            }
        }
        try require(owed == moved, "bookings are captures less refunds", event)
    }

    private func require(_ holds: Bool, _ rule: String, _ event: PaymentEvent) throws {
        if !holds { throw Broken(rule: rule, after: event) }
    }

    private func id(_ number: Int) -> String? { begun.indices.contains(number) ? begun[number] : nil }

    private func news(_ news: PaymentEvent.News, _ number: Int) -> AttemptNews {
        switch news {
        case .accepted: .accepted(reference: "REF-\(number)", checkAt: time)
        case .unknown: .unknown(checkAt: time)
        case .storedError: .storedError(checkAt: time)
        case .succeeded: .succeeded(reference: "REF-\(number)")
        case .refused: .refused(reason: "insufficient funds")
        }
    }
}
