public import Kernel

/// The state machine of a saga: pure functions of the instance, its definition, the event and the time.
extension SagaInstance {
    /// Returns the call that the saga makes next; `nil` while it waits, is parked or has ended.
    public func call(in definition: SagaDefinition<State>) -> SagaCall? {
        let step = definition.steps[position]
        return switch status {
        case .running: isFinalCheck == true ? step.finalCheck?(state) ?? step.request(state) : step.request(state)
        case .compensating: step.compensation?(state)
        case .waiting, .parked, .completed, .compensated: nil
        }
    }

    /// Skips steps that have no call for this state.
    public mutating func skipIdleSteps(in definition: SagaDefinition<State>, at time: Timestamp) {
        while status == .running || status == .compensating, call(in: definition) == nil {
            move(by: .done, in: definition, at: time)
        }
    }

    /// Applies the participant's answer to `call`.
    public mutating func receive(_ reply: SagaReply, in definition: SagaDefinition<State>, at time: Timestamp) {
        switch status {
        case .running:
            let outcome = result(of: reply, in: definition.steps[position])
            move(by: outcome, in: definition, at: time)
        case .compensating:
            // A conflict passes: the action to compensate is not decided yet, or still under way.
            let outcome = reply.status == 409 ? .retry(reply.reason) : reply.outcome
            move(by: outcome, in: definition, at: time)
        case .waiting, .parked, .completed, .compensated: return
        }
        skipIdleSteps(in: definition, at: time)
    }

    /// Applies an event that the saga may wait for. An event that comes before its step waits for it is kept in the
    /// state.
    public mutating func signal(
        in definition: SagaDefinition<State>, at time: Timestamp, _ change: (inout State) -> Void
    ) {
        change(&state)
        guard status == .waiting else { return }
        look(in: definition, at: time)
        skipIdleSteps(in: definition, at: time)
    }

    /// Handles the timeout of a step that waits for an event. Before the step is compensated, the participant is asked
    /// once more, because its event may have been missed by a process that was down. A step with a `finalCheck` is
    /// checked until its own timeout.
    public mutating func timeOut(in definition: SagaDefinition<State>, at time: Timestamp) {
        guard status == .waiting, let dueAt, dueAt <= time else { return }
        status = .running
        isFinalCheck = true
        self.dueAt = time
        if definition.steps[position].finalCheck != nil { stepStartedAt = time }
        if call(in: definition) == nil { timedOut(in: definition, at: time) }
        skipIdleSteps(in: definition, at: time)
    }

    private mutating func timedOut(in definition: SagaDefinition<State>, at time: Timestamp) {
        compensate(from: position, reason: "\(step) timed out", in: definition, at: time)
    }

    private mutating func result(of reply: SagaReply, in step: SagaStep<State>) -> StepOutcome {
        var changed = state
        do {
            let isCheck = isFinalCheck == true && step.finalCheck != nil
            let outcome = try isCheck ? step.checked(&changed, reply) : step.reply(&changed, reply)
            state = changed
            return outcome
        } catch {
            return .retry("the answer to \(step.name) cannot be read: \(ErrorText.of(error))")
        }
    }

    private mutating func move(by outcome: StepOutcome, in definition: SagaDefinition<State>, at time: Timestamp) {
        switch outcome {
        case .done: goOn(in: definition, at: time)
        case .waiting:
            let isFinalCheck = isFinalCheck == true
            enter(.waiting, position, in: definition, at: time)
            dueAt = time + definition.steps[position].replyTimeout
            look(in: definition, at: time)
            if isFinalCheck, status == .waiting { timedOut(in: definition, at: time) }
        case .refused(let reason):
            lastFailure = reason
            guard status != .compensating, !definition.steps[position].isRetriable else { return park() }
            // An earlier try with an unknown outcome may have had an effect.
            compensate(from: tries > 0 ? position : position - 1, reason: reason, in: definition, at: time)
        case .retry(let reason): tryAgain(reason, in: definition, at: time)
        }
    }

    /// Goes on if the event that the step waits for has come.
    private mutating func look(in definition: SagaDefinition<State>, at time: Timestamp) {
        switch definition.steps[position].awaits?(state) ?? .waiting {
        case .done: goOn(in: definition, at: time)
        case .refused(let reason): compensate(from: position - 1, reason: reason, in: definition, at: time)
        case .waiting, .retry: break
        }
    }

    private mutating func tryAgain(_ reason: String, in definition: SagaDefinition<State>, at time: Timestamp) {
        // The event may have come before the answer.
        if status == .running, definition.steps[position].awaits?(state) == .done {
            return goOn(in: definition, at: time)
        }
        let retry = definition.steps[position].retry
        tries += 1
        lastFailure = reason
        let timeout = status == .compensating ? retry.compensationTimeout : retry.timeout
        guard time - stepStartedAt < timeout else {
            guard status != .compensating, !definition.steps[position].isRetriable else { return park() }
            if definition.steps[position].finalCheck != nil, isFinalCheck != true {
                (isFinalCheck, tries, stepStartedAt, dueAt) = (true, 1, time, time)
                return
            }
            // The outcome of this step is not known, so it is compensated too.
            return compensate(from: position, reason: reason, in: definition, at: time)
        }
        dueAt = time + retry.backoff.delay(after: tries)
    }

    private mutating func park() {
        parkedFrom = status
        status = .parked
        dueAt = nil
    }

    /// Moves by one step in the current direction.
    mutating func goOn(in definition: SagaDefinition<State>, at time: Timestamp) {
        if status == .compensating {
            enter(.compensating, position - 1, in: definition, at: time)
        } else {
            enter(.running, position + 1, in: definition, at: time)
        }
    }

    mutating func compensate(
        from position: Int, reason: String, in definition: SagaDefinition<State>, at time: Timestamp
    ) {
        self.reason = reason
        enter(.compensating, position, in: definition, at: time)
    }

    private mutating func enter(
        _ status: SagaStatus, _ position: Int, in definition: SagaDefinition<State>, at time: Timestamp
    ) {
        tries = 0
        isFinalCheck = nil
        stepStartedAt = time
        guard definition.steps.indices.contains(position) else {
            self.status = position < 0 ? .compensated : .completed
            endedAt = time
            dueAt = nil
            return
        }
        self.status = status
        self.position = position
        step = definition.steps[position].name
        dueAt = time
    }
}
