import Kernel
import PaymentProviders

/// A request to the book, in whichever dialect.
struct Movement: Sendable, Hashable {
    let action: SimulatorAction
    let dialect: DialectName
    /// The order's; `nil` if the dialect names only the charge.
    var orderId: String?
    /// Minor units; `nil` for all that is left to capture, void or refund.
    var amount: Int64?
    /// `nil` for the charge's own.
    var currency: Currency?
    let idempotencyKey: String
    /// The line that a capture, void or refund is about.
    var chargeId: String?
    var details: [String: String] = [:]
    /// The provider does it by itself.
    var isUnasked = false

    /// Whether a repetition asks for the same.
    func isSame(as line: SimulatedCharge) -> Bool {
        action == line.action && dialect == line.dialect && chargeId == line.chargeId
            && (orderId ?? line.orderId) == line.orderId && (amount ?? line.amount) == line.amount
            && (currency ?? line.currency) == line.currency
    }
}

/// How the provider means a movement to end.
enum Ending: Sendable, Hashable {
    case done
    /// A line as well, which moves nothing.
    case refused(reason: String)
    /// Decided later; a refund's money is set aside meanwhile.
    case undecided
}

/// A line as it stands in the book, and the charge or authorisation that it belongs to (itself, where it is one).
struct BookEntry: Sendable {
    /// Why the line is told of.
    enum News: Sendable, Hashable {
        case written
        /// A movement that was pending, declined or done ended in another way.
        case changed
        /// The charge was settled.
        case settled
    }
    var line: SimulatedCharge
    var root: SimulatedCharge
    /// A repetition: nothing was written.
    var isReplay = false
    var news = News.written

    var withWrongAmount: BookEntry {
        var wrong = self
        wrong.line = line.withWrongAmount
        wrong.root = line.id == root.id ? wrong.line : root
        return wrong
    }
}

extension BookEntry {
    var ofAnotherOrder: BookEntry {
        var wrong = self
        wrong.line = line.ofAnotherOrder
        wrong.root = root.ofAnotherOrder
        return wrong
    }
}

/// Why the book takes no such line.
enum BookError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key belongs to another request.
    case keyReused
    /// There is no such charge.
    case noSuchCharge(String)
    /// The charge is not in a state for it.
    case impossible(String)
    /// The amount is more than is left to refund.
    case tooMuch(left: Int64, amount: Int64)

    var description: String {
        switch self {
        case .keyReused: "the idempotency key belongs to another request"
        case .noSuchCharge(let id): "there is no charge \(id)"
        case .impossible(let reason): reason
        case .tooMuch(let left, let amount): "\(amount) is more than the \(left) that are left"
        }
    }
}
