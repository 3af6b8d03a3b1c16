/// What a saga carries from step to step: kept with it, and all that its steps can see.
public protocol SagaState: Codable, Sendable, Hashable {
    /// The saga's name, for example `checkout`: of its collection, its routes and its metrics.
    static var saga: String { get }
}
