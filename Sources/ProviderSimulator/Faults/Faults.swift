import Configuration
import Kernel
import PaymentProviders

/// How the simulated provider misbehaves. All off: it behaves.
struct Faults: Sendable, Hashable {
    /// How often each callback is delivered; 1 is once.
    var callbackDeliveries = 1
    /// Between what was done and its callback.
    var callbackDelay = Duration.zero
    /// Until what is pending is decided, and what was declined is paid after all.
    var lateAfter = Duration.seconds(30)
    /// No callbacks at all: whoever waits has to ask.
    var callbacksOff = false
    /// The requests that the faults befall; `nil` for all.
    var actions: [SimulatorAction]?
    var rates: [RandomFault: FaultRate] = [:]

    static let deliveries = 1...100
    static let longestDelay = Duration.seconds(86_400)

    init() {}

    init(from section: Configuration) {
        callbackDeliveries = section.int(
            "callbackDeliveries", in: Self.deliveries, default: 1, help: "How often each callback is delivered.")
        callbackDelay = section.duration(
            "callbackDelay", in: .zero...Self.longestDelay, default: .zero,
            help: "How long a callback waits after what it reports was done.")
        lateAfter = section.duration(
            "lateAfter", in: .zero...Self.longestDelay, default: .seconds(30), help: "How long a late outcome takes.")
        callbacksOff = section.bool("callbacksOff", default: false, help: "Whether no callbacks are sent at all.")
        let words = section.strings(
            "actions", default: [], help: .init("The actions that the faults apply to.", default: "all"))
        actions = words.isEmpty ? nil : words.compactMap { FaultsChange.action($0) }
        if let actions, actions.count < words.count { section.report("actions", FaultsChange.expectedActions) }
        for fault in RandomFault.allCases {
            guard
                let text = section.optionalString(
                    fault.rawValue,
                    help:
                        "How often it happens, from 0 (never) to 1 (always), or in the next cases, as \"3 times\": \(fault.summary)"
                )
            else { continue }
            guard let rate = FaultRate(text) else {
                section.report(fault.rawValue, FaultRate.expected)
                continue
            }
            rates[fault] = rate
        }
    }

    func concern(_ action: SimulatorAction) -> Bool { actions?.contains(action) ?? true }
}

/// How the provider means to decide about a request that it takes in.
enum Ruling: Sendable, Hashable {
    case none
    /// Refused in the answer.
    case refused
    /// Taken in, refused by the callback.
    case refusedLater
    /// Taken in, decided long after.
    case undecided(succeeds: Bool)
    /// Declined in the answer and by callback, and paid after all, long after: another card was tried.
    case declinedFirst

    var reason: String? {
        switch self {
        case .none, .undecided: nil
        case .refused, .refusedLater, .declinedFirst: "insufficient funds"
        }
    }

    var ending: Ending {
        if let reason { return .refused(reason: reason) }
        return self == .none ? .done : .undecided
    }

    var step: DeferredStep.Kind? {
        switch self {
        case .none, .refused, .refusedLater: nil
        case .undecided(let succeeds): succeeds ? .succeed : .fail
        case .declinedFirst: .succeed
        }
    }
}
