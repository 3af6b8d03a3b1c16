/// Plays the stories of many seeds.
struct Histories {
    let first: UInt64
    let count: UInt64
    /// The elements that are left out of each story.
    var without: Set<Int> = []

    struct Failure: Sendable {
        let seed: UInt64
        let invariant: String
        let text: String
    }

    func run(_ failed: (Failure) -> Void) -> Int {
        var failures = 0
        for seed in first..<first + count {
            let story = Story.random(seed).without(without)
            guard let failure = Self.failure(of: story, seed) else { continue }
            failures += 1
            failed(Self.shrunk(failure, story))
            // A fault that is everywhere need not be found a thousand times.
            if failures == 20 { break }
        }
        return failures
    }

    private static func failure(of story: Story, _ seed: UInt64) -> Failure? {
        do {
            try StoryRun(story: story, seed: seed).play()
            return nil
        } catch let fault as SimulatedShop.Fault {
            return Failure(seed: seed, invariant: fault.invariant ?? "", text: fault.description)
        } catch {
            return Failure(seed: seed, invariant: "", text: "\(error)")
        }
    }

    /// Leaves out of a failing story, one element after the other, all without which it fails in the same way.
    private static func shrunk(_ failure: Failure, _ story: Story) -> Failure {
        var (left, last) = (Set<Int>(), failure)
        for index in story.elements.indices.reversed() {
            let tried = left.union([index])
            guard let again = Self.failure(of: story.without(tried), failure.seed),
                again.invariant == failure.invariant
            else { continue }
            (left, last) = (tried, again)
        }
        let rest = story.elements.enumerated().filter { !left.contains($0.offset) }.map { "\n      \($0.element)" }
        let without = left.isEmpty ? "" : " --without " + left.sorted().map(String.init).joined(separator: ",")
        return Failure(
            seed: failure.seed, invariant: failure.invariant,
            text: """
                \(last.text)
                    \(story.cast) story, \(story.style.rawValue), \(story.pieces) pieces:\(rest.joined())
                    again: make histories SEED="\(failure.seed)\(without)"
                """)
    }
}
