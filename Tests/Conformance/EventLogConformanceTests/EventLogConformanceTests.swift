import Kernel
import Messaging
import PlatformTestSupport
import Testing

@Suite struct EventLogConformanceTests {
    @Test(arguments: Setting.all) func events_arrive_whole_and_in_order(setting: Setting) async throws {
        try await setting.run { stage in
            let sent = (0..<700).map { stage.event($0, subject: "s\($0 % 3)") }
            try await stage.log.append(Array(sent[..<10]))
            let recorder = Recorder()
            let appender = stage.loop.start {
                for part in stride(from: 10, to: 700, by: 30) {
                    try? await stage.log.append(Array(sent[part..<min(part + 30, 700)]))
                }
            }
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 700 }
            await appender.value
            for subject in 0..<3 {
                #expect(
                    recorder.events.filter { $0.subject == "s\(subject)" }
                        == sent.filter { $0.subject == "s\(subject)" })
            }
            for positions in recorder.positions.values { #expect(positions == positions.sorted()) }
            #expect(recorder.positions.values.allSatisfy { Set($0).count == $0.count })
        }
    }

    @Test(arguments: Setting.all) func an_event_that_is_appended_twice_is_there(setting: Setting) async throws {
        try await setting.run { stage in
            try await stage.log.append([stage.event(1), stage.event(2)])
            try await stage.log.append([stage.event(2), stage.event(1), stage.event(3), stage.event(4)])
            try await stage.log.append([stage.event(5)])
            let recorder = Recorder()
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.contains { $0.id == "5" } }
            let ids = recorder.events.map(\.id)
            #expect(Set(ids) == ["1", "2", "3", "4", "5"])
            #expect(ids.filter { Int($0)! >= 3 } == ["3", "4", "5"])
        }
    }

    @Test(arguments: Setting.all) func a_subscriber_gets_its_types_and_passes_the_others(setting: Setting) async throws
    {
        try await setting.run { stage in
            let recorder = Recorder(types: ["rare"])
            let all = Recorder(types: ["rare", "placed"])
            let appender = stage.loop.start {
                for id in 0..<300 {
                    try? await stage.log.append([stage.event(id, type: id % 100 == 99 ? "rare" : "placed")])
                }
            }
            try await stage.deliver(from: stage.log, to: [recorder, Grouped(all, "all")]) {
                recorder.events.contains { $0.id == "299" } && all.events.count >= 300
            }
            await appender.value
            #expect(recorder.events.filter { $0.type == "rare" }.map(\.id) == ["99", "199", "299"])
        }
    }

    @Test(arguments: Setting.all) func appends_of_many_callers_keep_the_order_of_each_subject(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let recorder = Recorder()
            let appender = stage.loop.start {
                await withTaskGroup(of: Void.self) { group in
                    for subject in 0..<8 {
                        group.addTask {
                            for number in 0..<40 {
                                let event = stage.event(subject * 1000 + number, subject: "s\(subject)")
                                try? await stage.log.append([event])
                            }
                        }
                    }
                }
            }
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 320 }
            await appender.value
            for subject in 0..<8 {
                #expect(recorder.ids(of: "s\(subject)") == (0..<40).map { "\(subject * 1000 + $0)" })
            }
        }
    }

    @Test(arguments: Setting.all) func two_that_share_a_log_get_each_others_events(setting: Setting) async throws {
        try await setting.run { stage in
            let other = try stage.site.open()
            let (here, there) = (Recorder(), Recorder())
            let appender = stage.loop.start {
                for id in 0..<200 { try? await (id % 2 == 0 ? stage.log : other).append([stage.event(id)]) }
            }
            try await stage.deliver(from: stage.log, to: [here]) { here.events.count >= 200 }
            try await stage.deliver(from: other, to: [there]) { there.events.count >= 200 }
            await appender.value
            #expect(here.events.map(\.id) == (0..<200).map { "\($0)" })
            #expect(there.events.map(\.id) == here.events.map(\.id))
            await stage.site.close(other)
        }
    }

    @Test(arguments: Setting.all) func a_subscriber_goes_on_after_its_position(setting: Setting) async throws {
        try await setting.run { stage in
            let recorder = Recorder()
            try await stage.log.append([stage.event(1), stage.event(2)])
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 2 }
            try await stage.log.append([stage.event(3)])
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 3 }
            #expect(recorder.events.map(\.id) == ["1", "2", "3"])
        }
    }

    @Test(arguments: Setting.all) func an_open_log_passes_its_check(setting: Setting) async throws {
        try await setting.run { try await $0.log.check() }
    }

    @Test(arguments: Setting.all) func a_slow_subscriber_gets_all_in_order_and_holds_up_nobody(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let quick = Recorder()
            let slow = Recorder { [loop = stage.loop] in
                // Not before the other one has everything.
                try await eventually(on: loop, within: .seconds(60)) { quick.events.count >= 2000 }
            }
            try await stage.log.append((0..<2000).map { stage.event($0, subject: "s\($0 % 50)") })
            try await stage.deliver(from: stage.log, to: [Grouped(slow, "slow"), quick]) {
                slow.events.count >= 2000
            }
            #expect(slow.events.count == 2000)
            for subject in 0..<50 { #expect(slow.ids(of: "s\(subject)") == quick.ids(of: "s\(subject)")) }
        }
    }

    @Test(arguments: Setting.all) func a_large_event_arrives_whole(setting: Setting) async throws {
        try await setting.run { stage in
            let events = [stage.event(1), stage.event(2, size: 900_000), stage.event(3)]
            try await stage.log.append(events)
            let recorder = Recorder()
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 3 }
            #expect(recorder.events == events)
        }
    }

    @Test(arguments: Setting.all) func the_lag_is_what_the_subscriber_has_not_seen(setting: Setting) async throws {
        try await setting.run { stage in
            let gate = Names()
            let recorder = Recorder { [loop = stage.loop] in
                try await eventually(on: loop, within: .seconds(60)) { !gate.all.isEmpty }
            }
            try await stage.log.append((0..<1500).map { stage.event($0) })
            try await stage.deliver(from: stage.log, to: [recorder]) {
                gate.add("open")
                return recorder.events.count >= 1500 && recorder.lag == 0
            }
        }
    }

    @Test(arguments: Setting.all.filter(\.engine.knowsTimes)) func events_of_a_time_and_later_are_found_by_time(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            try await stage.log.append((0..<20).map { stage.event($0, subject: "s\($0)") })
            try await stage.loop.sleep(for: .milliseconds(50))
            let middle = stage.loop.now
            try await stage.log.append((20..<40).map { stage.event($0, subject: "s\($0 - 20)") })
            let positions = try await stage.log.positions(before: middle)
            let later = stage.loop.now + .seconds(3600)
            let ends = try await stage.log.positions(before: later)
            let recorder = Recorder()
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.count >= 40 }
            for id in 0..<40 {
                let place = try #require(recorder.place(of: "\(id)"))
                #expect((place.position > positions[place.partition] ?? .min) == (id >= 20))
                #expect(place.position <= ends[place.partition] ?? .min)
            }
        }
    }

    @Test(arguments: Setting.all.filter(\.engine.canBeCut)) func an_append_fails_while_the_log_is_away_and_works_after(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            try await stage.log.append([stage.event(1)])
            stage.site.cut()
            await #expect(throws: (any Error).self) { try await stage.log.append([stage.event(2)]) }
            await #expect(throws: (any Error).self) { try await stage.log.check() }
            stage.site.mend()
            try await eventually(on: stage.loop, within: .seconds(60)) {
                (try? await stage.log.append([stage.event(2), stage.event(3)])) != nil
            }
            try await stage.log.check()
            let recorder = Recorder()
            try await stage.deliver(from: stage.log, to: [recorder]) { recorder.events.contains { $0.id == "3" } }
            // What was refused may have been taken all the same; it never overtakes.
            #expect(recorder.events.map(\.id).uniqued == ["1", "2", "3"])
        }
    }

    @Test(arguments: Setting.all.filter(\.engine.canBeCut)) func a_delivery_waits_until_the_log_is_back(
        setting: Setting
    ) async throws {
        try await setting.run { stage in
            let recorder = Recorder()
            try await stage.log.append([stage.event(1)])
            let delivery = stage.delivery(from: stage.log, to: recorder)
            try await eventually(on: stage.loop, within: .seconds(60)) { recorder.events.count == 1 }
            stage.site.cut()
            await #expect(throws: (any Error).self) { try await stage.log.check() }
            stage.site.mend()
            try await eventually(on: stage.loop, within: .seconds(60)) {
                (try? await stage.log.append([stage.event(2)])) != nil
            }
            try await eventually(on: stage.loop, within: .seconds(60)) {
                recorder.events.contains { $0.id == "2" }
            }
            delivery.cancel()
            await delivery.value
        }
    }
}

extension [String] {
    /// Each once, where it stood first.
    fileprivate var uniqued: [String] {
        var seen = Set<String>()
        return filter { seen.insert($0).inserted }
    }
}

/// Another one's subscriber under a group name of its own.
private struct Grouped: Subscriber {
    let subscriber: any Subscriber
    let group: String
    var types: Set<String> { subscriber.types }

    init(_ subscriber: any Subscriber, _ group: String) {
        self.subscriber = subscriber
        self.group = group
    }

    func position(of partition: LogPartition) async throws -> Int64? { try await subscriber.position(of: partition) }

    func handle(_ batch: [LoggedEvent], partition: LogPartition) async throws {
        try await subscriber.handle(batch, partition: partition)
    }
}
