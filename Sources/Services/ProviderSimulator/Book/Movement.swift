import Kernel
import PaymentProviders

/// What somebody asks the book for, in whichever dialect.
struct Movement: Sendable, Hashable {
    let action: SimulatorAction
    let dialect: DialectName
    /// The order's; `nil` where the dialect names only the charge.
    var orderId: String?
    /// Minor units; `nil` for all that is left to capture, void or refund.
    var amount: Int64?
    /// `nil` for the charge's own.
    var currency: Currency?
    let idempotencyKey: String
    /// The line that a capture, void or refund is about.
    var chargeId: String?
    var details: [String: String] = [:]

    /// Whether a repetition asks for the same.
    func isSame(as line: SimulatedCharge) -> Bool {
        action == line.action && dialect == line.dialect && chargeId == line.chargeId
            && (orderId ?? line.orderId) == line.orderId && (amount ?? line.amount) == line.amount
            && (currency ?? line.currency) == line.currency
    }
}

/// A line as it stands in the book, and the charge or authorisation that it belongs to (itself, where it is one).
struct BookEntry: Sendable {
    let line: SimulatedCharge
    let root: SimulatedCharge
    /// The same was asked for before: nothing was written.
    let isReplay: Bool
}

/// Why the book takes no such line.
enum BookError: Error, Sendable, Hashable {
    /// The key belongs to another request.
    case keyReused
    /// There is no such charge.
    case noSuchCharge(String)
    /// The charge is not in a state for it, or the amount is more than is left.
    case impossible(String)
}
