public import Kernel

/// How a step is asked again, and when it is given up.
public struct SagaRetry: Sendable, Hashable {
    /// The delays between tries.
    public var backoff: RetryPolicy
    /// A step that has neither answered nor been confirmed after that time is taken back.
    public var timeout: Duration
    /// A compensation that has not succeeded after that time is put before an operator.
    public var compensationTimeout: Duration

    public init(
        backoff: RetryPolicy = SagaRetry.default.backoff, timeout: Duration = SagaRetry.default.timeout,
        compensationTimeout: Duration = SagaRetry.default.compensationTimeout
    ) {
        (self.backoff, self.timeout, self.compensationTimeout) = (backoff, timeout, compensationTimeout)
    }

    /// 2 s, 4 s, 8 s, 8 s …, for half a minute; compensations for a day.
    public static let `default` = SagaRetry(
        backoff: .exponential(from: .seconds(2), cap: .seconds(8)), timeout: .seconds(30),
        compensationTimeout: .seconds(86_400))
}
