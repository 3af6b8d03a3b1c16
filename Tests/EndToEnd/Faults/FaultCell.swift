/// One case of the matrix, and what it came to.
struct FaultCell: Sendable, Hashable {
    let fault: Fault
    let path: Fault.Path
    let restart: Restart

    static func all(of fault: Fault) -> [FaultCell] {
        Fault.Path.allCases.filter { $0.isTried(with: fault) }.flatMap { path in
            Restart.allCases.map { FaultCell(fault: fault, path: path, restart: $0) }
        }
    }

    /// What was measured.
    struct Outcome: Sendable, Hashable {
        var order: String
        var captures: Int
        /// The amounts that the provider gave back, in minor units.
        var refunds: [Int]
        var mails: Int
        var isBalanced: Bool
        var agrees: Bool
    }

    static let amount = 100_000
    static let refundAmount = 40_000

    var expected: Outcome {
        let isRefused = fault == .refused
        return switch path {
        case .order:
            Outcome(
                order: isRefused ? "PAYMENT_FAILED" : "PAID", captures: isRefused ? 0 : 1, refunds: [],
                mails: isRefused ? 0 : 1, isBalanced: true, agrees: true)
        case .refund:
            Outcome(
                order: isRefused ? "PAID" : "PARTIALLY_REFUNDED", captures: 1,
                refunds: isRefused ? [] : [Self.refundAmount], mails: 1, isBalanced: true, agrees: true)
        case .providerRefund:
            Outcome(
                order: "PARTIALLY_REFUNDED", captures: 1, refunds: [Self.refundAmount], mails: 1, isBalanced: true,
                agrees: true)
        case .failedRefund:
            Outcome(order: "PAID", captures: 1, refunds: [], mails: 2, isBalanced: true, agrees: true)
        case .lateCapture:
            Outcome(
                order: "CANCELLED", captures: 1, refunds: [Self.amount], mails: 1, isBalanced: true, agrees: true)
        case .cancel:
            Outcome(
                order: "CANCELLED", captures: 1, refunds: [Self.amount], mails: 2, isBalanced: true, agrees: true)
        }
    }
}
