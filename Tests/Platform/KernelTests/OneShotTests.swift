import Kernel
import PlatformTestSupport
import Testing

@Suite struct OneShotTests {
    @Test(arguments: LoopKind.allCases)
    func the_first_value_counts_whether_it_comes_before_or_after_the_wait(kind: LoopKind) async throws {
        try await kind.run { loop in
            let early = OneShot<Int>()
            #expect(early.give(1))
            #expect(!early.give(2))
            #expect(await early.value() == 1)

            let late = OneShot<Int>()
            loop.schedule(after: .milliseconds(10)) { late.give(3) }
            loop.schedule(after: .milliseconds(20)) { late.give(4) }
            #expect(await late.value() == 3)
        }
    }

    @Test(arguments: LoopKind.allCases)
    func of_many_that_give_a_value_one_is_the_first(kind: LoopKind) async throws {
        try await kind.run { loop in
            for _ in 0..<50 {
                let answer = OneShot<Int>()
                let firsts = await withTaskGroup(of: Bool.self) { group in
                    for number in 1...8 { group.addTask { answer.give(number) } }
                    return await group.reduce(into: 0) { if $1 { $0 += 1 } }
                }
                #expect(firsts == 1)
                let value = await answer.value()
                #expect((1...8).contains(value))
            }
        }
    }

    @Test(arguments: LoopKind.allCases)
    func a_sleep_ends_with_its_time_or_with_its_task(kind: LoopKind) async throws {
        try await kind.run { loop in
            let start = loop.uptime
            try await loop.sleep(for: .milliseconds(20))
            #expect(loop.uptime - start >= .milliseconds(20))
            let isCancelled = OneShot<Bool>()
            let task = loop.start {
                do {
                    try await loop.sleep(for: .seconds(600))
                    isCancelled.give(false)
                } catch {
                    isCancelled.give(error is CancellationError)
                }
            }
            try await loop.sleep(for: .milliseconds(10))
            task.cancel()
            #expect(await isCancelled.value())
            #expect(loop.uptime - start < .seconds(60))
        }
    }
}
