import HTTP
import Kernel
import PaymentProviders
import Synchronization

/// The faults in force, and the dice.
final class FaultInjector: Sendable {
    private let state: Mutex<Faults>
    private let loop: any Loop

    init(_ faults: Faults, loop: any Loop) {
        state = Mutex(faults)
        self.loop = loop
    }

    var faults: Faults { state.withLock { $0 } }

    /// Changes the faults; what `change` throws leaves them as they were.
    func change<Failure: Error>(_ change: (Faults) throws(Failure) -> Faults) throws(Failure) -> Faults {
        try state.withLock { (faults) throws(Failure) in
            faults = try change(faults)
            return faults
        }
    }

    /// Whether it can happen at all.
    func isArmed(_ fault: RandomFault) -> Bool { state.withLock { ($0.rates[fault] ?? .never) != .never } }

    /// Whether it befalls this case; a fault that was to happen a number of times is then one less.
    func happens(_ fault: RandomFault, to action: SimulatorAction) -> Bool {
        let dice = Double(loop.random() >> 11) / Double(1 << 53)
        return state.withLock { faults in
            guard faults.concern(action) else { return false }
            switch faults.rates[fault] ?? .never {
            case .share(let share): return dice < share
            case .times(let count):
                guard count > 0 else { return false }
                faults.rates[fault] = .times(count - 1)
                return true
            }
        }
    }
}

/// Answers a request as the faults have it: in place of the work, before it, or after it was done.
struct FaultyExchange: Sendable {
    let injector: FaultInjector
    let loop: any Loop
    let settings: SimulatorSettings

    /// `work` is told how the request is to end. A request whose stored answer is repeated does not fail anew.
    func answer(
        _ action: SimulatorAction, isReplay: Bool = false, work: (Ruling) async throws -> Response
    ) async throws -> Response {
        if injector.happens(.rateLimited, to: action) {
            throw Problem(
                status: 429, detail: "The provider takes no more requests now, as it was told to",
                retryAfter: settings.retryAfter)
        }
        if happens(.unavailable, to: action) {
            throw Problem(status: 503, detail: "The provider cannot be reached now, as it was told to")
        }
        if !isReplay, injector.happens(.serverErrors, to: action) {
            throw Problem(status: 500, detail: "The provider failed, as it was told to")
        }
        if injector.happens(.hangs, to: action) { try await neverAnswer() }
        let answer = try await work(isReplay ? .none : ruling(of: action))
        if injector.happens(.lostReplies, to: action) { try await neverAnswer() }
        if !isReplay, injector.happens(.serverErrorsAfter, to: action) {
            throw Problem(status: 500, detail: "The provider failed after the work, as it was told to")
        }
        return answer
    }

    private func ruling(of action: SimulatorAction) -> Ruling {
        if injector.happens(.refusals, to: action) { return .refused }
        if injector.happens(.lateRefusals, to: action) { return .refusedLater }
        switch action {
        case .charge, .authorise:
            if happens(.declinesFirst, to: action) { return .declinedFirst }
            return happens(.lateCaptures, to: action) ? .undecided(succeeds: true) : .none
        case .refund:
            if happens(.refundFailsLater, to: action) { return .undecided(succeeds: false) }
            return happens(.pendingRefunds, to: action) ? .undecided(succeeds: true) : .none
        case .capture, .void, .refundFailure, .dispute: return .none
        }
    }

    /// Throws no dice for a fault that is off.
    private func happens(_ fault: RandomFault, to action: SimulatorAction) -> Bool {
        injector.isArmed(fault) && injector.happens(fault, to: action)
    }

    /// The caller's timeout ends it; 504 where the caller has none as short as ours.
    private func neverAnswer() async throws -> Never {
        try await loop.sleep(for: settings.lostReplyDelay)
        throw Problem(status: 504, detail: "The provider's answer was lost, as it was told to")
    }
}
