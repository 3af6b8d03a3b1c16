/// A row of a saga's table: what is asked of whom, what the answer means, and what takes it back.
///
/// Every call carries the same key each time it is made, and may be made more than once: the participant must treat a
/// repetition as one.
public struct SagaStep<State: SagaState>: Sendable {
    public let name: String
    /// The service that is asked.
    public let participant: String
    let request: @Sendable (State) -> SagaCall?
    let reply: @Sendable (inout State, SagaReply) throws -> SagaVerdict
    let awaits: (@Sendable (State) -> SagaVerdict)?
    let compensation: (@Sendable (State) -> SagaCall?)?
    let finalCheck: (@Sendable (State) -> SagaCall?)?
    let checked: @Sendable (inout State, SagaReply) throws -> SagaVerdict
    let isReading: Bool
    let isRetriable: Bool
    let isNeeded: Bool
    let retry: SagaRetry
    let waitsFor: Duration

    /// - Parameters:
    ///   - request: what is asked; `nil` where there is nothing to do for this state.
    ///   - reply: keeps what the answer brings. Throws where it cannot be read, which counts as no answer.
    ///   - awaits: whether what the step waits for has come, when `reply` said that it waits.
    ///   - compensation: takes the step back. It must also be right where the step's outcome is not known, or where the
    ///     step comes late, after it.
    ///   - finalCheck: reads how the step stands, before it is given up and taken back. The request itself is not asked again
    ///     then: its answer may be kept by its key, and be of long ago.
    ///   - checked: the same for the answer to that; `waiting` where nothing is known of it now either.
    ///   - waitsFor: how long, before the step is taken back.
    ///   - isRetriable: from here on there is no way back: what fails is put before an operator, and not taken back.
    ///   - isNeeded: the steps after it cannot do without it: nobody can pass over it.
    ///   - isReading: the step changes nothing at its participant, and costs no write of its own here.
    public init(
        _ name: String, at participant: String, retry: SagaRetry = .standard, isReading: Bool = false,
        isRetriable: Bool = false, isNeeded: Bool = false,
        request: @escaping @Sendable (State) -> SagaCall?,
        reply: @escaping @Sendable (inout State, SagaReply) throws -> SagaVerdict = { $1.verdict },
        awaits: (@Sendable (State) -> SagaVerdict)? = nil, waitsFor: Duration? = nil,
        finalCheck: (@Sendable (State) -> SagaCall?)? = nil,
        checked: @escaping @Sendable (inout State, SagaReply) throws -> SagaVerdict = { $1.verdict },
        compensation: (@Sendable (State) -> SagaCall?)? = nil
    ) {
        self.finalCheck = finalCheck
        self.checked = checked
        self.name = name
        self.participant = participant
        self.retry = retry
        self.isReading = isReading
        self.isRetriable = isRetriable
        self.isNeeded = isNeeded
        self.waitsFor = waitsFor ?? retry.patience
        self.request = request
        self.reply = reply
        self.awaits = awaits
        self.compensation = compensation
    }
}
