/// A saga: local transactions of several services, one after the other, each with what takes it back.
///
/// It is pure: steps describe what is to be asked and what an answer means, and never ask. So a definition is tested
/// without a network, and the same run is gone through again after a crash.
public struct SagaDefinition<State: SagaState>: Sendable {
    public let steps: [SagaStep<State>]

    public init(_ steps: [SagaStep<State>]) {
        precondition(!steps.isEmpty, "a saga has at least one step")
        self.steps = steps
    }
}

/// The data that a saga carries from step to step; stored with it, and all that its steps can see.
public protocol SagaState: Codable, Sendable, Hashable {
    /// The saga's name, for example `checkout`: of its collection, its routes and its metrics.
    static var saga: String { get }
}
