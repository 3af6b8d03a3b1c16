import Configuration
import Kernel
import Synchronization

/// How the simulated provider misbehaves. All off: it behaves.
struct Faults: Codable, Sendable, Hashable {
    /// How often each callback is delivered; 1 is once.
    var callbackDeliveries = 1
    /// Milliseconds between a charge and its callback.
    var callbackDelayMilliseconds: Int64 = 0
    /// Share of charges (0…1) that are made and then answered too late or not at all.
    var lostReplies = 0.0
    /// Share of charges (0…1) answered 500 with nothing done.
    var serverErrors = 0.0
    /// Share of charges (0…1) refused with 402.
    var refusals = 0.0
    /// Share of callbacks (0…1) that are sent first with a wrong signature.
    var wrongSignatures = 0.0
    /// No callbacks at all: payment has to ask.
    var callbacksOff = false

    init() {}

    init(from section: Configuration) {
        callbackDeliveries = section.int("callbackDeliveries", in: 1...100, default: 1)
        callbackDelayMilliseconds = section.duration("callbackDelay", default: .zero).wholeMilliseconds
        lostReplies = section.share("lostReplies")
        serverErrors = section.share("serverErrors")
        refusals = section.share("refusals")
        wrongSignatures = section.share("wrongSignatures")
        callbacksOff = section.bool("callbacksOff", default: false)
    }

    /// What is wrong with it, field by field.
    var problems: [(field: String, message: String)] {
        var problems: [(String, String)] = []
        if !(1...100).contains(callbackDeliveries) { problems.append(("callbackDeliveries", "must be from 1 to 100")) }
        if !(0...86_400_000).contains(callbackDelayMilliseconds) {
            problems.append(("callbackDelayMilliseconds", "must be from 0 to 86400000"))
        }
        let shares = [
            ("lostReplies", lostReplies), ("serverErrors", serverErrors), ("refusals", refusals),
            ("wrongSignatures", wrongSignatures),
        ]
        for (field, share) in shares where !(0...1).contains(share) { problems.append((field, "must be from 0 to 1")) }
        return problems
    }
}

extension Configuration {
    fileprivate func share(_ key: String) -> Double { number(key, in: 0...1, default: 0) }
}

/// What of a PATCH on the faults is given.
struct FaultsChange: Codable, Sendable {
    var callbackDeliveries: Int?
    var callbackDelayMilliseconds: Int64?
    var lostReplies: Double?
    var serverErrors: Double?
    var refusals: Double?
    var wrongSignatures: Double?
    var callbacksOff: Bool?

    func applied(to faults: Faults) -> Faults {
        var faults = faults
        faults.callbackDeliveries = callbackDeliveries ?? faults.callbackDeliveries
        faults.callbackDelayMilliseconds = callbackDelayMilliseconds ?? faults.callbackDelayMilliseconds
        faults.lostReplies = lostReplies ?? faults.lostReplies
        faults.serverErrors = serverErrors ?? faults.serverErrors
        faults.refusals = refusals ?? faults.refusals
        faults.wrongSignatures = wrongSignatures ?? faults.wrongSignatures
        faults.callbacksOff = callbacksOff ?? faults.callbacksOff
        return faults
    }
}

/// The faults in force, and the dice.
final class FaultInjector: Sendable {
    private let state: Mutex<Faults>
    private let loop: any Loop

    init(_ faults: Faults, loop: any Loop) {
        state = Mutex(faults)
        self.loop = loop
    }

    var faults: Faults {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func happens(_ share: (Faults) -> Double) -> Bool {
        let share = share(faults)
        return share > 0 && Double(loop.random() >> 11) / Double(1 << 53) < share
    }
}
