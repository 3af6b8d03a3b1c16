public import Kernel
public import Storage

/// One run of a saga, as it is stored: where it is, and what it knows.
public struct SagaInstance<State: SagaState>: Entity, Hashable {
    public let id: String
    public var version: Int64 = 0
    public internal(set) var status: SagaStatus = .running
    /// The step that is asked, or taken back, now; counted from 0.
    public internal(set) var position = 0
    /// Its name, for people.
    public internal(set) var step: String
    public internal(set) var state: State
    /// Of this step, in this direction.
    public internal(set) var tries = 0
    /// The time for what it waits for is over, and the participant is asked a last time.
    public internal(set) var isFinalCheck: Bool?
    /// Why it is taken back.
    public internal(set) var reason: String?
    /// Why the last try did not succeed.
    public internal(set) var lastFailure: String?
    public let startedAt: Timestamp
    public internal(set) var stepStartedAt: Timestamp
    /// When it is looked at again, unless something comes before; `nil` when it has ended or is parked.
    public internal(set) var dueAt: Timestamp?
    /// Which way it went when it was parked.
    public internal(set) var parkedFrom: SagaStatus?
    public internal(set) var endedAt: Timestamp?
    /// Of the request that began it.
    public internal(set) var traceparent: String?

    /// The names under which it is stored and shown, some of them older than the properties'.
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

/// How far a saga is.
public enum SagaStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case running = "RUNNING"
    /// For something that comes as an event.
    case waiting = "WAITING"
    /// What was done is taken back, last step first.
    case compensating = "COMPENSATING"
    /// A compensation is refused or fails for too long: a person has to look at it.
    case parked = "PARKED"
    case completed = "COMPLETED"
    case compensated = "COMPENSATED"

    public var isEnded: Bool { self == .completed || self == .compensated }
}
