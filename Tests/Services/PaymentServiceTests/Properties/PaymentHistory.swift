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
    private static let time = Timestamp(milliseconds: 1_767_225_600_000)

    private(set) var payment: Payment
    private(set) var captures = 0
    private var balance = TrialBalance()
    private var booked: Set<String> = []
    private var begun: [String] = []

    init(amount: Int64) {
        payment = Payment(
            id: "PAY-1", orderId: "ORD-1", money: Money(amount, .southKoreanWon), provider: "simulator",
            requestedAt: Self.time)
    }

    /// Runs the events, with `rule` as one more rule; throws `Broken` at the first that does not hold.
    static func run(
        _ events: [PaymentEvent], amount: Int64, rule: (PaymentHistory) -> String? = { _ in nil }
    ) throws {
        var history = PaymentHistory(amount: amount)
        for event in events {
            try history.apply(event)
            if let broken = rule(history) { throw Broken(rule: broken, after: event) }
        }
    }

    mutating func apply(_ event: PaymentEvent) throws {
        let before = payment
        switch event {
        case .begin(let action, let amount, let isExpiry): begin(action, amount, isExpiry: isExpiry)
        case .withdraw(let number):
            if let id = id(number), payment.withdraw(attempt: id) { giveBack() }
        case .cancel: cancel()
        case .settle(let number, let news):
            guard let effects = payment.settle(id(number) ?? "ATT-0", self.news(news, number), at: Self.time) else {
                try require(payment == before, "news that say nothing change nothing", event)
                return
            }
            try perform(effects, before, event)
            giveBack()
        }
        try PaymentRules.check(payment, before: before) { try require($0, $1, event) }
        try checkBooks(event)
    }

    private mutating func begin(_ action: ProviderAction, _ amount: Int64, isExpiry: Bool) {
        let id = "ATT-\(begun.count + 1)"
        let attempt = try? payment.begin(
            action, amount: amount, attemptId: id, idempotencyKey: id, at: Self.time, checkAt: Self.time,
            isExpiry: isExpiry && action == .void)
        if attempt != nil { begun.append(id) }
    }

    /// As the service does on request, and when news come after it.
    private mutating func cancel() {
        payment.requestCancellation(at: Self.time)
        guard case .toGiveBack(let action, let amount) = payment.cancellation else { return }
        begin(action, amount, isExpiry: false)
    }

    private mutating func giveBack() {
        let id = "ATT-\(begun.count + 1)"
        if payment.giveBack(attemptId: id, at: Self.time, checkAt: Self.time) != nil {
            begun.append(id)
        }
    }

    /// As the service performs them.
    private mutating func perform(_ effects: [PaymentEffect], _ before: Payment, _ event: PaymentEvent) throws {
        for effect in effects {
            if case .contradiction = effect { continue }
            try require(!before.status.isFinal, "nothing follows after the end", event)
            switch effect {
            case .captured(let amount, let attempt):
                captures += 1
                try book(.capture, amount, attempt, event)
            case .refunded(let amount, let attempt): try book(.refund, amount, attempt, event)
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
        for entry in booking.entries(at: Self.time) { try balance.add(entry) }
    }

    private func checkBooks(_ event: PaymentEvent) throws {
        try require(captures <= 1, "captured at most once", event)
        try require(balance.isZero, "the bookings sum to zero", event)
        let owed = balance.accounts.first { $0.account == .providerReceivable }?.amount ?? 0
        try require(
            owed == payment.capturedAmount - payment.refundedAmount, "bookings are captured less refunded", event)
    }

    private func require(_ holds: Bool, _ rule: String, _ event: PaymentEvent) throws {
        if !holds { throw Broken(rule: rule, after: event) }
    }

    private func id(_ number: Int) -> String? { begun.indices.contains(number) ? begun[number] : nil }

    private func news(_ news: PaymentEvent.News, _ number: Int) -> AttemptNews {
        switch news {
        case .accepted: .accepted(reference: "REF-\(number)", checkAt: Self.time)
        case .unknown: .unknown(checkAt: Self.time)
        case .succeeded: .succeeded(reference: "REF-\(number)")
        case .refused: .refused(reason: "insufficient funds")
        }
    }
}
