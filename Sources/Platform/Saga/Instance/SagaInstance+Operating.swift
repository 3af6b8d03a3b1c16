public import Kernel

/// An operator's actions on a saga. Each returns whether it was possible.
extension SagaInstance {
    /// Retries the current step at once.
    public mutating func retry(at time: Timestamp) -> Bool {
        switch status {
        case .parked:
            status = parkedFrom ?? .compensating
            tries = 0
            stepStartedAt = time
        case .running, .compensating: break
        case .waiting, .completed, .compensated: return false
        }
        dueAt = time
        return true
    }

    /// Goes on as if the current step had succeeded, because the operator has done its work by other means. Not
    /// possible for a forward step whose answer later steps need.
    public mutating func resume(in definition: SagaDefinition<State>, at time: Timestamp) -> Bool {
        guard !status.isEnded else { return false }
        let direction = status == .parked ? parkedFrom ?? .compensating : status
        guard direction == .compensating || !definition.steps[position].cannotBeSkipped else { return false }
        status = direction
        goOn(in: definition, at: time)
        skipIdleSteps(in: definition, at: time)
        return true
    }

    /// Compensates the steps that were done so far.
    public mutating func compensate(
        reason: String, in definition: SagaDefinition<State>, at time: Timestamp
    ) -> Bool {
        let isForward = status == .running || status == .waiting || status == .parked && parkedFrom == .running
        guard isForward, !definition.steps[position].isRetriable else { return false }
        compensate(from: position, reason: reason, in: definition, at: time)
        skipIdleSteps(in: definition, at: time)
        return true
    }
}
