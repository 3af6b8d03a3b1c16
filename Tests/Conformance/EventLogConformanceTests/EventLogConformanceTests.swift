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
            #expect(recorder.events == sent)
            #expect(recorder.positions == recorder.positions.sorted())
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
            try await stage.deliver(from: stage.log, to: [recorder, all]) {
                recorder.events.count >= 3 && all.events.count >= 300
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
                let ids = recorder.events.filter { $0.subject == "s\(subject)" }.map(\.id)
                #expect(ids == (0..<40).map { "\(subject * 1000 + $0)" })
            }
        }
    }

    @Test(arguments: Setting.all) func two_that_share_a_log_get_each_others_events(setting: Setting) async throws {
        try await setting.run { stage in
            let other = try stage.openAgain()
            let (here, there) = (Recorder(), Recorder())
            let appender = stage.loop.start {
                for id in 0..<200 { try? await (id % 2 == 0 ? stage.log : other).append([stage.event(id)]) }
            }
            try await stage.deliver(from: stage.log, to: [here]) { here.events.count >= 200 }
            try await stage.deliver(from: other, to: [there]) { there.events.count >= 200 }
            await appender.value
            #expect(here.events.map(\.id) == (0..<200).map { "\($0)" })
            #expect(there.events == here.events)
            await stage.engine.close(other)
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
}
