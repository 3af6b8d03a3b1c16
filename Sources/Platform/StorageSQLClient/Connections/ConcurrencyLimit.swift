/// How many transactions may write at the same time: fewer while they are in each other's way.
///
/// Additive increase, multiplicative decrease, as TCP finds its share of a line. A transaction that has to run again has
/// cost as much as one that was stored; those that wait for their turn meet nobody.
package struct ConcurrencyLimit {
    private let most: Double
    private var current: Double
    /// By so much in the time in which as many have ended as may write. Where the increase is slow, few meet.
    private let increase = 0.125
    private var active = 0
    /// How many are still to end that had begun before the last decrease: they say nothing new.
    private var stale = 0

    package init(most: Int) {
        self.most = Double(most)
        current = self.most
    }

    package var hasRoom: Bool { active < Int(current) }

    package mutating func begin() { active += 1 }

    package mutating func end(conflicted: Bool) {
        active -= 1
        if !conflicted {
            current = min(most, current + increase / current)
        } else if stale == 0 {
            current = max(1, current / 2)
            stale = active
            return
        }
        stale = max(0, stale - 1)
    }
}
