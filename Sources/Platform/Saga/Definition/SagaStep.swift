/// A row of a saga's table: what is asked of whom, what the answer means, and what takes it back.
///
/// Every call carries the same key each time it is made, and may be made more than once: the participant must treat a
/// repetition as one.
public struct SagaStep<State: SagaState>: Sendable {
    public let name: String
    /// The service that is asked.
    public let participant: String
    let request: @Sendable (State) -> SagaCall?
    let reply: @Sendable (inout State, SagaReply) throws -> StepOutcome
    let awaits: (@Sendable (State) -> StepOutcome)?
    let compensation: (@Sendable (State) -> SagaCall?)?
    let finalCheck: (@Sendable (State) -> SagaCall?)?
    let checked: @Sendable (inout State, SagaReply) throws -> StepOutcome
    let isReadOnly: Bool
    let isRetriable: Bool
    let cannotBeSkipped: Bool
    let retry: SagaRetry
    let replyTimeout: Duration

    /// - Parameters:
    ///   - request: what is asked; `nil` if there is nothing to do for this state.
    ///   - reply: keeps what the answer brings. Throws if it cannot be read, which counts as no answer.
    ///   - awaits: whether what the step waits for has come, when `reply` said that it waits.
    ///   - compensation: takes the step back. It must also be right where the step's outcome is not known, or where the
    ///     step comes late, after it.
    ///   - finalCheck: reads how the step stands, before it is given up and taken back. The request itself is not asked again
    ///     then: its answer may be kept by its key, and be of long ago.
    ///   - checked: the same for the answer to that; `waiting` if nothing is known of it now either.
    ///   - replyTimeout: how long, before the step is taken back.
    ///   - isRetriable: from here on there is no way back: what fails is put before an operator, and not taken back.
    ///   - cannotBeSkipped: the steps after it cannot do without it: nobody can pass over it.
    ///   - isReadOnly: the step changes nothing at its participant, and costs no write of its own here.
    public init(
        _ name: String, at participant: String, retry: SagaRetry = .default, isReadOnly: Bool = false,
        isRetriable: Bool = false, cannotBeSkipped: Bool = false,
        request: @escaping @Sendable (State) -> SagaCall?,
        reply: @escaping @Sendable (inout State, SagaReply) throws -> StepOutcome = { $1.outcome },
        awaits: (@Sendable (State) -> StepOutcome)? = nil, replyTimeout: Duration? = nil,
        finalCheck: (@Sendable (State) -> SagaCall?)? = nil,
        checked: @escaping @Sendable (inout State, SagaReply) throws -> StepOutcome = { $1.outcome },
        compensation: (@Sendable (State) -> SagaCall?)? = nil
    ) {
        self.finalCheck = finalCheck
        self.checked = checked
        self.name = name
        self.participant = participant
        self.retry = retry
        self.isReadOnly = isReadOnly
        self.isRetriable = isRetriable
        self.cannotBeSkipped = cannotBeSkipped
        self.replyTimeout = replyTimeout ?? retry.timeout
        self.request = request
        self.reply = reply
        self.awaits = awaits
        self.compensation = compensation
    }
}

/// The meaning of a step's answer for its saga.
public enum StepOutcome: Sendable, Hashable {
    /// On to the next step.
    case done
    /// The answer comes later, as a signal.
    case waiting
    /// Without effect, and for good: what was done before is taken back.
    case refused(String)
    /// Nothing is known, or nothing happened yet: asked again.
    case retry(String)
}
