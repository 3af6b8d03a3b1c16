import Kernel

/// How a step is asked again, and when it is given up.
public struct SagaRetry: Sendable, Hashable {
    /// Between tries; the last one holds for all further ones.
    public var delays: [Duration]
    /// A step that has neither answered nor been confirmed after that time is taken back.
    public var patience: Duration
    /// A compensation that has not succeeded after that time is put before an operator.
    public var compensationPatience: Duration

    public init(delays: [Duration], patience: Duration, compensationPatience: Duration) {
        precondition(!delays.isEmpty, "there is a delay between tries")
        self.delays = delays
        self.patience = patience
        self.compensationPatience = compensationPatience
    }

    /// 2 s, 4 s, 8 s …, for half a minute; compensations for a day.
    public static let standard = SagaRetry(
        delays: [.seconds(2), .seconds(4), .seconds(8)], patience: .seconds(30), compensationPatience: .seconds(86_400))

    func delay(after tries: Int) -> Duration { delays[min(max(tries, 1), delays.count) - 1] }
}
