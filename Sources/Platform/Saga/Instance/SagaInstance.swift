public import Kernel
public import Storage

/// One stored run of a saga: its position and its state.
public struct SagaInstance<State: SagaState>: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    public internal(set) var status: SagaStatus = .running
    /// The index of the step that is being done or compensated.
    public internal(set) var position = 0
    /// The name of that step, for people.
    public internal(set) var step: String
    public internal(set) var state: State
    /// Failed tries of this step in the current direction.
    public internal(set) var tries = 0
    /// The wait for an event has timed out, and the participant is asked a last time.
    public internal(set) var isFinalCheck: Bool?
    /// The reason of the compensation.
    public internal(set) var reason: String?
    /// The reason of the last failed try.
    public internal(set) var lastFailure: String?
    public let startedAt: Timestamp
    public internal(set) var stepStartedAt: Timestamp
    /// The time of the next try or timeout; `nil` when the saga has ended or is parked.
    public internal(set) var dueAt: Timestamp?
    /// The status before the saga was parked.
    public internal(set) var parkedFrom: SagaStatus?
    public internal(set) var endedAt: Timestamp?
    /// The trace of the request that started the saga.
    public internal(set) var traceparent: String?

    /// The stored and shown names; some are older than the names of the properties.
    private enum CodingKeys: String, CodingKey {
        case id, version, status, position, step, state, tries, reason, lastFailure, startedAt, stepStartedAt, dueAt
        case parkedFrom, endedAt, traceparent
        case isFinalCheck = "isLastLook"
    }

    public static var collection: Collection<SagaInstance> {
        Collection<SagaInstance>(
            State.saga + "Sagas",
            fields: [
                .text("status", indexed: true) { $0.status.rawValue },
                .text("step") { $0.step },
                .time("startedAt") { $0.startedAt },
                .time("dueAt", indexed: true) { $0.dueAt },
            ])
    }

    public init(id: String, state: State, definition: SagaDefinition<State>, at time: Timestamp) {
        self.id = id
        self.state = state
        step = definition.steps[0].name
        startedAt = time
        stepStartedAt = time
        dueAt = time
    }
}

/// The status of a saga.
public enum SagaStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case running = "RUNNING"
    /// The current step waits for an event.
    case waiting = "WAITING"
    /// The steps that were done are compensated, the last one first.
    case compensating = "COMPENSATING"
    /// A compensation is refused or has failed for too long; an operator has to decide.
    case parked = "PARKED"
    case completed = "COMPLETED"
    case compensated = "COMPENSATED"

    public var isEnded: Bool { self == .completed || self == .compensated }
}
