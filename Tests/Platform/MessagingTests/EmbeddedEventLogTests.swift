import FoundationEssentials
import Kernel
import Messaging
import MessagingEmbedded
import PlatformTestSupport
import Testing

private struct FarAhead: Subscriber {
    let group = "far ahead"
    let types: Set<String> = ["t"]
    func position(of partition: LogPartition) async throws -> Int64? { 500 }
    func handle(_ batch: [LoggedEvent], partition: LogPartition) async throws {}
}

@Suite struct EmbeddedEventLogTests {
    private func withLog(_ body: @escaping @Sendable (EmbeddedEventLog, any Loop) async throws -> Void) async throws {
        try await LoopKind.simulated.run { loop in
            let directory = TemporaryDirectory()
            let log = try EmbeddedEventLog(path: directory.file("events.db"), loop: loop)
            try await log.append(
                (1...6).map { id in
                    CloudEvent(
                        id: "\(id)", source: "/s", type: id % 2 == 0 ? "even" : "odd", subject: "s\(id % 3)",
                        time: loop.now, sequence: 1, data: Data("1".utf8))
                })
            try await body(log, loop)
            await log.close()
        }
    }

    @Test func is_read_by_position_type_and_subject() async throws {
        try await withLog { log, _ in
            let all = try await log.read(limit: 10)
            #expect(all.map(\.event.id) == ["1", "2", "3", "4", "5", "6"])
            #expect(try await log.read(after: all[1].position, limit: 2).map(\.event.id) == ["3", "4"])
            #expect(try await log.read(limit: 10, types: ["even"], subject: "s0").map(\.event.id) == ["6"])
            #expect(try await log.head() == all.last?.position)
        }
    }

    @Test func a_group_that_is_further_than_the_log_is_told_so() async throws {
        try await withLog { log, _ in
            let error = await #expect(throws: EventError.self) { try await log.deliver(to: FarAhead()) }
            #expect(error?.code == .logReplaced)
        }
    }

    @Test func an_append_after_close_is_refused() async throws {
        try await withLog { log, _ in
            let event = try await log.read(limit: 1)[0].event
            await log.close()
            await #expect(throws: (any Error).self) { try await log.append([event]) }
            await #expect(throws: (any Error).self) { try await log.check() }
        }
    }
}
