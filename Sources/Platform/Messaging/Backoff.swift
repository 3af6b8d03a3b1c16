/// How long to wait before the next try: doubles with each failure, up to a limit.
package struct Backoff: Sendable {
    package let first: Duration
    package let limit: Duration

    package init(first: Duration, limit: Duration) {
        self.first = first
        self.limit = limit
    }

    /// `failures` counts those in a row, from 1.
    package func delay(after failures: Int) -> Duration {
        // 2^20 times any sensible start is beyond any sensible limit.
        min(limit, first * (1 << min(max(failures, 1) - 1, 20)))
    }
}
