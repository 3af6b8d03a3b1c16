/// The results of the latest calls, a fixed number of them.
struct SlidingWindow: Sendable {
    private var results: [Bool] = []
    private var next = 0
    private var failures = 0
    private let size: Int

    init(size: Int) {
        self.size = size
        results.reserveCapacity(size)
    }

    var count: Int { results.count }

    /// 0 to 1; 0 without calls.
    var failureRate: Double { results.isEmpty ? 0 : Double(failures) / Double(results.count) }

    mutating func add(isFailure: Bool) {
        if results.count < size {
            results.append(isFailure)
        } else {
            if results[next] { failures -= 1 }
            results[next] = isFailure
            next = (next + 1) % size
        }
        if isFailure { failures += 1 }
    }
}
