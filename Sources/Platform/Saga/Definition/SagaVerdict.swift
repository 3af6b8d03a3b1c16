/// What a step's answer means for its saga.
public enum SagaVerdict: Sendable, Hashable {
    /// On to the next step.
    case done
    /// The answer comes later, as a signal.
    case waiting
    /// Without effect, and for good: what was done before is taken back.
    case refused(String)
    /// Nothing is known, or nothing happened yet: asked again.
    case again(String)
}
