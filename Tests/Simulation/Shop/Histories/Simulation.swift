import Glibc

/// The command line of `simulate`.
package enum Simulation {
    static let usage = """
        usage: simulate histories FIRST COUNT   plays the stories of so many seeds
               simulate history SEED [--without N,N…]   plays one, without these elements
               simulate sweeps [short]                 lists the sweeps that the environment allows, or a choice
               simulate sweep SCENARIO [SERVICE]       makes one
        """

    /// Returns the exit code.
    package static func run(_ arguments: [String]) -> Int32 {
        switch (arguments.first, arguments.dropFirst().first.flatMap({ UInt64($0) })) {
        case ("histories", let first?):
            guard arguments.count == 3, let count = UInt64(arguments[2]) else { break }
            let began = clock()
            let failures = Histories(first: first, count: count).run { show($0) }
            let each = (clock() - began) / 1000 / Int(max(1, count))
            print("seeds \(first) to \(first + count - 1): \(count) stories, \(failures) failed, \(each) ms each")
            return failures == 0 ? 0 : 1
        case ("history", let seed?):
            var without: Set<Int> = []
            if let index = arguments.firstIndex(of: "--without"), index + 1 < arguments.count {
                without = Set(arguments[index + 1].split(separator: ",").compactMap { Int($0) })
            }
            return replay(seed, without)
        case ("sweeps", _):
            let tasks = arguments.dropFirst().first == "short" ? SweepTask.short : SweepTask.all
            for task in tasks where Environment.allows(task) { print(task.name) }
            return 0
        case ("sweep", _): return sweep(arguments.dropFirst().joined(separator: " "))
        default: break
        }
        print(usage)
        return 2
    }

    private static func sweep(_ name: String) -> Int32 {
        guard let task = SweepTask.all.first(where: { $0.name == name }) else { return 2 }
        do {
            let report = try task.run()
            print(report.line(task) + (report.failures.isEmpty ? "" : ", \(report.failures.count) failed"))
            for failure in report.failures.prefix(5) { print(failure) }
            return report.failures.isEmpty && report.restarts > 0 ? 0 : 1
        } catch {
            print("\(task.name): \(error)")
            return 1
        }
    }

    private static func show(_ failure: Histories.Failure) {
        print("seed \(failure.seed) breaks: \(failure.invariant)\n    \(failure.text)")
        fflush(nil)
    }

    private static func replay(_ seed: UInt64, _ without: Set<Int>) -> Int32 {
        let story = Story.random(seed).without(without)
        print("seed \(seed): \(story.cast), \(story.style.rawValue)")
        for element in story.elements { print("    \(element)") }
        do {
            let length = try StoryRun(story: story, seed: seed, isDetailed: true).play()
            print("all invariants hold, at rest after \(length.steps) steps and \(length.time)")
            return 0
        } catch {
            print("fails: \(error)")
            return 1
        }
    }
}
