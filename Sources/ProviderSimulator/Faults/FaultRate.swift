/// How often a fault happens: in a share of the cases, or in the next few of them.
///
/// In JSON and YAML a number from 0 to 1, or a text such as `3 times`.
enum FaultRate: Sendable, Hashable {
    case share(Double)
    /// The next so many cases, then never.
    case times(Int)

    static let never = FaultRate.share(0)
    static let expected = "must be a share from 0 to 1, or a number of cases such as \"3 times\""
    static let limit = 1_000_000

    /// `nil` if the text is neither.
    init?(_ text: String) {
        if let share = Double(text) {
            guard (0...1).contains(share) else { return nil }
            self = .share(share)
            return
        }
        let words = text.split(separator: " ")
        guard words.count == 2, ["time", "times"].contains(words[1]), let count = Int(words[0]),
            (0...Self.limit).contains(count)
        else { return nil }
        self = .times(count)
    }

    var text: String {
        switch self {
        case .share(let share): "\(share)"
        case .times(1): "1 time"
        case .times(let count): "\(count) times"
        }
    }
}

extension FaultRate: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = (try? container.decode(Double.self)).map { "\($0)" } ?? (try? container.decode(String.self)) ?? ""
        guard let rate = FaultRate(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: Self.expected)
        }
        self = rate
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .share(let share): try container.encode(share)
        case .times: try container.encode(text)
        }
    }
}

/// A fault that happens now and then, by its name in configuration and in `PATCH /admin/faults`.
enum RandomFault: String, Sendable, Hashable, CaseIterable, CodingKey {
    case rateLimited
    case serverErrors
    case unavailable
    case hangs
    case refusals
    case lateRefusals
    case lateCaptures
    case declinesFirst
    case pendingRefunds
    case refundFailsLater
    case wrongAmounts
    case wrongOrders
    case lostReplies
    case serverErrorsAfter
    case wrongSignatures
    case staleCallbacks
    case reorderedCallbacks

    /// The fault in words, for the reference of all settings.
    var summary: String {
        switch self {
        case .rateLimited: "429 with `Retry-After`; nothing done."
        case .serverErrors: "500; nothing done."
        case .unavailable: "503; nothing done."
        case .hangs: "No answer at all; nothing done."
        case .refusals: "Refused with 402, and by callback."
        case .lateRefusals: "Taken in as `pending`, then refused by callback."
        case .lateCaptures: "A charge or authorisation that is taken in as pending, and succeeds `lateAfter` later."
        case .declinesFirst:
            "A charge or authorisation that is declined, and succeeds `lateAfter` later: another card was tried."
        case .pendingRefunds: "A refund that is taken in as pending, and succeeds `lateAfter` later."
        case .refundFailsLater: "A refund that is taken in as pending, and fails `lateAfter` later."
        case .wrongAmounts:
            "An answer and its callback that name another amount; look-ups and the statement tell the truth."
        case .wrongOrders:
            "An answer that names another order; its callback, look-ups and the statement tell the truth."
        case .lostReplies: "Done, and the answer never comes."
        case .serverErrorsAfter: "Done, and then 500."
        case .wrongSignatures: "A callback is preceded by a forged one."
        case .staleCallbacks: "A callback is signed with a time too long ago; sent again later."
        case .reorderedCallbacks: "A callback waits until a later one of its order overtook it."
        }
    }
}
