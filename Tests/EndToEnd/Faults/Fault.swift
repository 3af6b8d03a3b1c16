/// A way in which the provider misbehaves, for the matrix.
enum Fault: String, CaseIterable, Sendable {
    case none = "no fault"
    case duplicate = "callback five times"
    case reordered = "callbacks reordered"
    case delayed = "callback after the order's timeout"
    case lost = "reply lost after the work"
    case refused = "refused"
    case serverError = "500"
    case rateLimited = "429 with Retry-After"
    case hangs = "hang"
    case badSignature = "bad signature"

    enum Path: String, CaseIterable, Sendable {
        case order, refund
        /// Of an order that is paid: all of its money goes back.
        case cancel
        /// Made at the provider, unasked.
        case providerRefund = "refund at the provider"
        /// One that was made, and whose money comes back.
        case failedRefund = "refund that fails later"
        /// Of a charge that is pending while its order is cancelled.
        case lateCapture = "capture after the cancellation"

        /// The refund's faults are its own; those of a cancellation are such as leave open whether the money went back.
        func isTried(with fault: Fault) -> Bool {
            switch self {
            case .order, .refund: true
            case .cancel: [.none, .duplicate, .lost, .serverError, .hangs].contains(fault)
            case .providerRefund, .failedRefund, .lateCapture: fault == .none
            }
        }
    }

    /// For `/admin/faults`; `nil`: it behaves. What happens to callbacks happens to the charge's also on the refund path
    /// where that is what makes the case.
    func settings(on path: Path) -> String? {
        let action = path == .order || path == .lateCapture || beginsWithTheOrder ? "charge" : "refund"
        let what: String? =
            switch self {
            case .none: path == .lateCapture ? #""lateCaptures": "1 time", "lateAfter": "2s""# : nil
            case .duplicate: #""callbackDeliveries": 5"#
            case .reordered: #""reorderedCallbacks": "1 time""#
            case .delayed: #""callbackDelay": "1500ms""#
            case .lost: #""lostReplies": "1 time", "callbacksOff": true"#
            case .refused: #""refusals": 1"#
            case .serverError: #""serverErrors": "2 times""#
            case .rateLimited: #""rateLimited": "2 times""#
            case .hangs: #""hangs": "1 time""#
            // A forged one before, and the true one signed with a time long ago: none may be believed.
            case .badSignature: #""wrongSignatures": 1, "staleCallbacks": 1"#
            }
        return what.map { #"{"actions": ["\#(action)"], \#($0)}"# }
    }

    /// Whether it is in force before the order of the refund path is placed: its callback comes after the refund's then.
    var beginsWithTheOrder: Bool { self == .reordered }

    /// The provider's timeout: longer than the order's where the order is to give up first.
    var providerTimeout: String { self == .hangs || self == .lost ? "1200ms" : "400ms" }

    /// What must have happened as often as it was to, or the case was none: its name at the provider.
    var counted: String? {
        switch self {
        case .reordered: "reorderedCallbacks"
        case .lost: "lostReplies"
        case .serverError: "serverErrors"
        case .rateLimited: "rateLimited"
        case .hangs: "hangs"
        case .none, .duplicate, .delayed, .refused, .badSignature: nil
        }
    }

    /// Callbacks that payment must have taken before a cell is judged; unless a process was killed, which counts anew.
    func callbacks(on path: Path) -> Int {
        switch (self, path) {
        case (.duplicate, .order): 5
        case (.duplicate, .refund): 1 + 5
        case (.none, .order), (.reordered, .order), (.delayed, .order): 1
        case (.duplicate, .cancel): 1 + 5
        case (.none, .refund), (.reordered, .refund), (.delayed, .refund), (.none, .cancel), (.none, .providerRefund),
            (.none, .lateCapture):
            2
        case (.none, .failedRefund): 3
        default: 0
        }
    }
}
