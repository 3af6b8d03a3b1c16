public import Kernel
public import Storage

/// When a job looks for its rows, which ones, and how many it works on at once.
public struct JobPlan: Sendable {
    /// The name of the entity's field that says when a row is due: one declared as `.time(…, indexed: true)`.
    public var due: String
    /// Further conditions that a row has to meet, given the time of the look.
    public var conditions: @Sendable (Timestamp) -> [Condition]
    /// The longest time between two looks.
    public var interval: Duration
    /// How long after the time in its field a row is due: for rows of a certain age, such as those to be deleted.
    public var lateness: Duration
    /// How many rows are worked on at once.
    public var atOnce: Int
    /// How many rows are read at a time, at most.
    public var batch: Int
    /// The backoff of a row whose work failed, or left it due and unchanged.
    public var retry: RetryPolicy
    /// Whether the job wakes at the very time at which the next row is due, for intervals that are long.
    public var isPunctual: Bool
    /// How long work goes on after the service was told to stop; `nil` if it is cancelled at once.
    public var shutdownGrace: Duration?

    /// How many rows one look reads at most behind the oldest ones, if those are under way, were tried in vain, or wait
    /// for others of their key.
    static let maximumRead = 256
    /// How many rows that may be tried again one look reads by their identifiers.
    static let retriesRead = 16
    /// The pause between two rounds through all rows that are due.
    static let roundPause = Duration.seconds(5)
    /// The pause before the next look if the last one had not come to the end.
    static let passingPause = Duration.milliseconds(200)
    /// The pause between two looks of a punctual job that ends one row after the other.
    static let rest = Duration.milliseconds(20)

    public init(
        due: String, every interval: Duration, lateness: Duration = .zero,
        atOnce: Int = 16, batch: Int = 100, retry: RetryPolicy = .exponential(from: .seconds(2), cap: .seconds(60)),
        isPunctual: Bool = false, shutdownGrace: Duration? = nil,
        where conditions: @escaping @Sendable (Timestamp) -> [Condition] = { _ in [] }
    ) {
        precondition(atOnce >= 1 && batch >= 1 && interval > .zero)
        self.due = due
        self.conditions = conditions
        self.interval = interval
        self.lateness = lateness
        self.atOnce = atOnce
        self.batch = batch
        self.retry = retry
        self.isPunctual = isPunctual
        self.shutdownGrace = shutdownGrace
    }
}
