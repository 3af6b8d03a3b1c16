import CLinux
import Glibc
import Kernel
import Runtime
import Synchronization
import Testing

@Suite struct EventLoopTests {
    private func withLoop<Result>(_ body: (EventLoop) async throws -> Result) async rethrows -> Result {
        let loop = EventLoop(name: "loop under test")
        loop.start()
        defer { loop.stop() }
        return try await body(loop)
    }

    @Test func a_task_stays_on_the_loop_across_its_waits() async {
        await withLoop { loop in
            let places = await Task(executorPreference: loop) {
                var places = [loop.isCurrent]
                await Task.yield()
                places.append(loop.isCurrent)
                try? await loop.sleep(for: .milliseconds(1))
                places.append(loop.isCurrent)
                async let child = loop.isCurrent
                places.append(await child)
                return places
            }.value
            #expect(places == [true, true, true, true])
            #expect(!loop.isCurrent)
        }
    }

    @Test func work_that_blocks_runs_elsewhere_and_its_task_goes_on_here() async throws {
        try await withLoop { loop in
            let worker = loop.makeWorker(named: "worker")
            let places = try await Task(executorPreference: loop) {
                [try await worker.run { loop.isCurrent }, loop.isCurrent]
            }.value
            #expect(places == [false, true])
            await #expect(throws: WorkFailure.self) { try await worker.run { throw WorkFailure() } }
            // A caller that is cancelled does not wait for work that does not end.
            let (begun, gate) = (OneShot<Void>(), Semaphore())
            let task = Task(executorPreference: loop) {
                try await worker.run {
                    begun.give(())
                    gate.wait()
                }
            }
            await begun.value()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            gate.signal()
        }
    }

    private struct WorkFailure: Error {}

    @Test func timers_fire_in_order_of_time_and_cancelled_ones_never() async {
        await withLoop { loop in
            let fired = Mutex<[Int]>([])
            await withCheckedContinuation { continuation in
                loop.schedule(after: .milliseconds(20)) { continuation.resume() }
                loop.schedule(after: .milliseconds(6)) { fired.withLock { $0.append(2) } }
                loop.schedule(after: .milliseconds(1)) { fired.withLock { $0.append(1) } }
                loop.schedule(after: .milliseconds(3)) { fired.withLock { $0.append(9) } }.cancel()
            }
            #expect(fired.withLock { $0 } == [1, 2])
        }
    }

    @Test func cancelled_timers_give_back_what_they_hold() async {
        await withLoop { loop in
            let alive = Shared()
            await withCheckedContinuation { continuation in
                loop.execute {
                    for _ in 0..<10_000 {
                        let token = Token(alive: { alive.count.add($0, ordering: .relaxed) })
                        loop.schedule(after: .seconds(3600)) { token.touch() }.cancel()
                    }
                    continuation.resume()
                }
            }
            #expect(alive.count.load(ordering: .relaxed) < 200)
        }
    }

    @Test func work_from_many_threads_all_runs() async {
        await withLoop { loop in
            let done = Shared()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { await Self.execute(1000, on: loop, counting: done) } }
            }
            #expect(done.count.load(ordering: .relaxed) == 8000)
        }
    }

    private static func execute(_ times: Int, on loop: EventLoop, counting done: Shared) async {
        for _ in 0..<times {
            await withCheckedContinuation { continuation in
                loop.execute {
                    done.count.add(1, ordering: .relaxed)
                    continuation.resume()
                }
            }
        }
    }

    @Test func a_watched_descriptor_calls_until_it_is_unwatched() async {
        await withLoop { loop in
            let descriptor = eventfd(0, Int32(EFD_NONBLOCK))
            defer { close(descriptor) }
            var value: UInt64 = 3
            _ = write(descriptor, &value, 8)
            let read = await withCheckedContinuation { continuation in
                loop.execute {
                    loop.watch(descriptor, .readable) { events in
                        var value: UInt64 = 0
                        _ = Glibc.read(descriptor, &value, 8)
                        loop.unwatch(descriptor)
                        continuation.resume(returning: events.contains(.readable) ? value : 0)
                    }
                }
            }
            #expect(read == 3)
        }
    }

    @Test func a_source_that_asks_for_it_runs_again_before_the_loop_sleeps() async {
        await withLoop { loop in
            let turns = await withCheckedContinuation { continuation in
                loop.execute {
                    let counter = Counter()
                    counter.source = loop.addSource {
                        counter.turns += 1
                        if counter.turns < 5 { return .zero }
                        if let source = counter.source {
                            counter.source = nil
                            loop.removeSource(source)
                            continuation.resume(returning: counter.turns)
                        }
                        return nil
                    }
                }
            }
            #expect(turns == 5)
        }
    }

    @Test func what_waits_before_the_start_runs_and_what_comes_after_the_stop_does_not() {
        let loop = EventLoop(name: "loop")
        let count = Shared()
        loop.execute { count.count.add(1, ordering: .relaxed) }
        loop.start()
        loop.stop()
        loop.stop()
        #expect(count.count.load(ordering: .relaxed) == 1)
        loop.execute { count.count.add(1, ordering: .relaxed) }
        #expect(count.count.load(ordering: .relaxed) == 1)
    }

    @Test func a_loop_that_was_stopped_is_given_back() async {
        weak var seen: EventLoop?
        do {
            let loop = EventLoop(name: "loop")
            seen = loop
            loop.start()
            loop.schedule(after: .seconds(3600)) { _ = loop.isCurrent }
            loop.execute { _ = loop.addSource { loop.isCurrent ? nil : .zero } }
            loop.stop()
            loop.execute { _ = loop.isCurrent }
        }
        // The thread lets go of the loop a moment after it has said that it ended.
        for _ in 0..<100_000 where seen != nil { await Task.yield() }
        #expect(seen == nil)
    }

    @Test func blocking_work_runs_off_the_loop() async {
        await withLoop { loop in
            let worker = loop.makeWorker(named: "worker")
            let isCurrent = await withCheckedContinuation { continuation in
                worker.submit { continuation.resume(returning: loop.isCurrent) }
            }
            worker.stop()
            #expect(!isCurrent)
        }
    }
}

private final class Counter {
    var turns = 0
    var source: EventLoop.SourceID?
}

/// Tells how many of its kind there are.
private final class Token: Sendable {
    private let alive: @Sendable (Int) -> Void

    init(alive: @escaping @Sendable (Int) -> Void) {
        self.alive = alive
        alive(1)
    }

    deinit { alive(-1) }

    func touch() {}
}

private final class Shared: Sendable {
    let count = Atomic(0)
}
