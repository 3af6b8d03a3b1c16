/// Which targets of a group get requests, without clock or lock. Passive: one that loses several calls one after the
/// other rests for a while. Active: one that does not pass its health check gets none until it does.
struct UpstreamHealth: Sendable {
    private struct Target {
        let weight: Int
        var failures = 0
        var restsUntil: Duration = .zero
        var passes = true
    }
    private var targets: [Target]
    private let failures: Int
    private let ejection: Duration

    init(weights: [Int], failures: Int, ejection: Duration) {
        targets = weights.map { Target(weight: $0) }
        self.failures = failures
        self.ejection = ejection
    }

    /// The target for a request, by weight among those that can answer and have not been tried for it. Where none of a
    /// group can, all are taken for able: a request that may succeed is better than one that is refused. `nil` if all
    /// were tried.
    func choose(except tried: Set<Int>, at now: Duration, random: () -> UInt64) -> Int? {
        let all = targets.indices.filter { !tried.contains($0) && targets[$0].weight > 0 }
        guard all.count > 1 else { return all.first }
        let able = all.filter { isAble($0, at: now) }
        let candidates = able.isEmpty ? all : able
        let total = candidates.reduce(0) { $0 + targets[$1].weight }
        var left = Int(random() % UInt64(total))
        return candidates.first { index in
            left -= targets[index].weight
            return left < 0
        }
    }

    func isAble(_ index: Int, at now: Duration) -> Bool {
        targets[index].passes && targets[index].restsUntil <= now
    }

    mutating func succeeded(_ index: Int) {
        targets[index].failures = 0
        targets[index].restsUntil = .zero
    }

    mutating func failed(_ index: Int, at now: Duration) {
        targets[index].failures += 1
        if targets[index].failures >= failures { targets[index].restsUntil = now + ejection }
    }

    /// `true` if that changes something.
    mutating func checked(_ index: Int, passes: Bool) -> Bool {
        defer { targets[index].passes = passes }
        return targets[index].passes != passes
    }
}
