public import Kernel
public import Storage

/// When a job looks for its rows, which ones, and how many it works on at once.
public struct JobPlan: Sendable {
    /// The entity's field, of kind time and indexed, that says when a row is due.
    public var due: String
    /// Conditions beside that, at the time of the look.
    public var conditions: @Sendable (Timestamp) -> [Condition]
    /// The longest time between two looks.
    public var interval: Duration
    /// How much later than its time a row is worked on.
    public var lateness: Duration
    public var atOnce: Int
    /// How many rows are read at a time, at most.
    public var batch: Int
    /// When a row is tried again whose work failed, or left it due as it was.
    public var retry: RetryPolicy
    /// Whether the job wakes at the very time at which the next row is due, for intervals that are long.
    public var isPunctual: Bool
    /// How long work goes on after the service was told to stop; `nil` if it is cancelled at once.
    public var shutdownGrace: Duration?

    /// So many rows are read beyond those that are wanted, where as many are under way or were tried in vain.
    static let maximumHeld = 1000
    /// Between two looks of a punctual job that ends one row after the other.
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
