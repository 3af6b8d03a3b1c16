import HTTP
import Kernel
import PaymentProviders

/// Answers a request as the faults have it: in place of the work, before it, or after it was done.
struct FaultyExchange: Sendable {
    let injector: FaultInjector
    let loop: any Loop
    let settings: SimulatorSettings

    /// `work` is told why it must refuse, where it must.
    func answer(
        _ action: SimulatorAction, work: (Refusal) async throws -> Response
    ) async throws -> Response {
        if injector.happens(.rateLimited, to: action) {
            throw Problem(
                status: 429, detail: "The provider takes no more requests now, as it was told to",
                retryAfter: settings.retryAfter)
        }
        if injector.happens(.serverErrors, to: action) {
            throw Problem(status: 500, detail: "The provider failed, as it was told to")
        }
        if injector.happens(.hangs, to: action) { try await neverAnswer() }
        let answer = try await work(refusal(of: action))
        if injector.happens(.lostReplies, to: action) { try await neverAnswer() }
        if injector.happens(.serverErrorsAfter, to: action) {
            throw Problem(status: 500, detail: "The provider failed after the work, as it was told to")
        }
        return answer
    }

    /// Whether the work must be refused.
    enum Refusal: Sendable, Hashable {
        case none
        /// In the answer.
        case atOnce
        /// By the callback.
        case later

        var reason: String? { self == .none ? nil : "insufficient funds" }
    }

    private func refusal(of action: SimulatorAction) -> Refusal {
        if injector.happens(.refusals, to: action) { return .atOnce }
        return injector.happens(.lateRefusals, to: action) ? .later : .none
    }

    /// The caller's time-out ends it; 504 where the caller has none as short as ours.
    private func neverAnswer() async throws -> Never {
        try await loop.sleep(for: settings.lostReplyDelay)
        throw Problem(status: 504, detail: "The provider's answer was lost, as it was told to")
    }
}
