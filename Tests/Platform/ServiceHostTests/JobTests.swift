import Configuration
import FoundationEssentials
import HTTP
import Kernel
import ServiceHost
import ServiceTestSupport
import Storage
import Synchronization
import Testing

private struct Errand: Entity {
    let id: String
    var version: Int64 = 0
    /// Errands of one person are run one after the other.
    var person: String?
    var dueAt: Timestamp?

    static let collection = Collection<Errand>("errands", fields: [.time("dueAt", indexed: true) { $0.dueAt }])
}

/// Runs errands. One whose id begins with `fail` fails, one with `stay` is left due as it is; each takes a second.
private struct ErrandService: ServiceDefinition {
    static let name = "errand"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "runs errands"
    static let migrations = [
        Migration(1, "errands", [.create(Errand.collection.schema)] + ServiceEnvironment.migrationSteps)
    ]
    private struct Failed: Error {}

    final class Runs: Sendable {
        private let state = Mutex((running: 0, most: 0, begun: [String]()))
        var text: String { state.withLock { "\($0.most)\n" + $0.begun.joined(separator: "\n") } }

        func begin(_ id: String, at time: Duration) {
            state.withLock { state in
                state.running += 1
                state.most = max(state.most, state.running)
                state.begun.append("\(id) \(time.wholeMilliseconds)")
            }
        }

        func end() { state.withLock { $0.running -= 1 } }
    }

    private let isPunctual: Bool
    private let claims: Bool
    private let interval: Duration
    private let grace: Duration

    init(from section: Configuration) {
        isPunctual = section.bool("punctual", default: false)
        claims = section.bool("claims", default: false)
        interval = section.duration("interval", default: .seconds(1))
        grace = section.duration("grace", default: .zero)
    }

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let errands = Repository<Errand>(try context.database)
        let (trigger, runs) = (JobTrigger<Errand>(), Runs())
        let claim: Job<Errand>.Claim = { errand, now in
            errand.dueAt = now + .seconds(60)
            return true
        }
        func job(_ name: String, _ trigger: JobTrigger<Errand>) -> Job<Errand> {
            Job(
                name, in: errands, context,
                JobPlan(
                    due: "dueAt", every: interval, atOnce: 3, isPunctual: isPunctual,
                    shutdownGrace: grace == .zero ? nil : grace),
                trigger: trigger, key: { $0.person ?? $0.id },
                claim: claims ? claim : nil,
                work: { errand in
                    runs.begin(errand.id, at: context.loop.uptime)
                    defer { runs.end() }
                    try await context.loop.sleep(for: .seconds(1))
                    if errand.id.hasPrefix("fail") { throw Failed() }
                    if errand.id.hasPrefix("stay") { return }
                    try await context.transaction { tx in
                        guard var stored = try await errands.find(errand.id, in: tx) else { return }
                        stored.dueAt = nil
                        try await errands.update(stored, in: tx)
                    }
                })
        }
        let (one, other) = (job("run errands", trigger), job("run errands too", JobTrigger()))
        return ServiceParts(
            routes: [
                .get("/runs", summary: "How many ran at once, and when each began") { _ in .text(runs.text) },
                .get("/open", summary: "How many are left") { _ in
                    .text("\(try await errands.count(where: [.greaterOrEqual("dueAt", 0)]))")
                },
                .post("/errands/{id}", summary: "Adds an errand that is due in so many milliseconds") { request in
                    let delay = Duration.milliseconds(request.query["in"].flatMap { Int64($0) } ?? 0)
                    let id: String = try request.parameter("id")
                    let now = context.loop.now
                    let (person, isHanded) = (request.query["person"], request.query["handed"] != nil)
                    let isWoken = request.query["woken"] != nil
                    try await context.transaction { tx in
                        let errand = try await errands.insert(
                            Errand(id: id, person: person, dueAt: now + delay), in: tx)
                        if isHanded { trigger.hand(errand, after: tx) } else if isWoken { trigger.wake(after: tx) }
                    }
                    return .text("added")
                },
            ], background: claims ? [one.background, other.background] : [one.background])
    }
}

@Suite struct JobTests {
    /// How many errands ran at once, and when each began, in milliseconds of the loop.
    private func begun(_ service: ServiceUnderTest) async throws -> (most: Int, runs: [(id: String, at: Int64)]) {
        let lines = String(decoding: try await service.send(.get, "/runs").body, as: UTF8.self).split(separator: "\n")
        let runs = lines.dropFirst().map { line in
            let parts = line.split(separator: " ")
            return (id: String(parts[0]), at: Int64(parts[1]) ?? -1)
        }
        return (Int(lines.first ?? "0") ?? 0, runs)
    }

    private func open(_ service: ServiceUnderTest) async throws -> Int {
        Int(String(decoding: try await service.send(.get, "/open").body, as: UTF8.self)) ?? -1
    }

    private func add(_ service: ServiceUnderTest, _ id: String, _ query: String = "") async throws {
        let answer = try await service.send(.post, "/errands/\(id)?\(query)")
        #expect(answer.status == 200)
    }

    private func metrics(_ service: ServiceUnderTest) async throws -> String {
        String(decoding: try await service.send(.get, "/metrics").body, as: UTF8.self)
    }

    @Test func due_rows_are_worked_on_so_many_at_once_and_later_ones_in_their_time() async throws {
        try await withService(ErrandService.self) { service in
            for number in 1...7 { try await add(service, "E\(number)") }
            try await add(service, "later", "in=30000")
            try await service.loop.sleep(for: .seconds(10))
            let (most, runs) = try await begun(service)
            #expect(most == 3)
            #expect(runs.map(\.id).sorted() == (1...7).map { "E\($0)" })
            #expect(try await open(service) == 1)
            try await service.loop.sleep(for: .seconds(25))
            #expect(try await begun(service).runs.last?.id == "later")
            #expect(try await open(service) == 0)
            let text = try await metrics(service)
            #expect(text.contains(#"sambal_job_runs_total{job="run errands"} 8"#))
            #expect(text.contains(#"sambal_job_duration_seconds_count{job="run errands"} 8"#))
            #expect(text.contains(#"sambal_job_failures_total{job="run errands"} 0"#))
        }
    }

    @Test func a_row_that_fails_is_tried_again_after_growing_delays_and_holds_up_no_other() async throws {
        try await withService(ErrandService.self) { service in
            try await add(service, "fail")
            try await service.loop.sleep(for: .seconds(25))
            try await add(service, "E1")
            try await service.loop.sleep(for: .seconds(3))
            let runs = try await begun(service).runs
            let tries = runs.filter { $0.id == "fail" }.map(\.at)
            // A second of work, then 2 s, 4 s, 8 s, and up to a second until the next look.
            let pauses = zip(tries, tries.dropFirst()).map { ($1 - $0) / 1000 }
            #expect(pauses.count == 3)
            #expect(zip(pauses, [3, 5, 9]).allSatisfy { ($1...$1 + 2).contains($0) }, "\(pauses)")
            #expect(runs.contains { $0.id == "E1" })
            #expect(try await open(service) == 1)
            let text = try await metrics(service)
            #expect(text.contains(#"sambal_job_failures_total{job="run errands"} 4"#))
            #expect(!text.contains(#"sambal_job_oldest_due_seconds{job="run errands"} 0"#))
        }
    }

    @Test func a_row_that_stays_due_unchanged_is_not_worked_on_again_at_once() async throws {
        try await withService(ErrandService.self) { service in
            for number in 1...4 { try await add(service, "stay\(number)") }
            try await add(service, "E1")
            try await service.loop.sleep(for: .seconds(9))
            let runs = try await begun(service).runs
            #expect(runs.contains { $0.id == "E1" })
            #expect(runs.count { $0.id == "stay1" } <= 4)
        }
    }

    @Test func of_two_jobs_that_find_a_row_one_works_on_it() async throws {
        try await withService(ErrandService.self, "claims: true") { service in
            for number in 1...9 { try await add(service, "E\(number)") }
            try await service.loop.sleep(for: .seconds(20))
            let runs = try await begun(service).runs
            #expect(runs.map(\.id).sorted() == (1...9).map { "E\($0)" })
            #expect(try await open(service) == 0)
        }
    }

    @Test func a_claimed_row_whose_work_failed_is_found_when_its_claim_is_over() async throws {
        try await withService(ErrandService.self, "claims: true") { service in
            try await add(service, "fail")
            try await service.loop.sleep(for: .seconds(50))
            #expect(try await begun(service).runs.count == 1)
            try await service.loop.sleep(for: .seconds(20))
            #expect(try await begun(service).runs.count == 2)
        }
    }

    @Test func a_job_is_woken_by_a_commit_and_takes_rows_that_are_handed_to_it() async throws {
        try await withService(ErrandService.self, "interval: 1h") { service in
            try await service.loop.sleep(for: .seconds(5))
            try await add(service, "quiet")
            try await service.loop.sleep(for: .seconds(5))
            #expect(try await begun(service).runs.isEmpty)
            // Not due yet: its transaction has claimed it.
            try await add(service, "handed", "in=60000&handed=1")
            try await service.loop.sleep(for: .seconds(2))
            #expect(try await begun(service).runs.map(\.id) == ["handed"])
            try await add(service, "woken", "woken=1")
            try await service.loop.sleep(for: .seconds(3))
            #expect(try await begun(service).runs.map(\.id).sorted() == ["handed", "quiet", "woken"])
        }
    }

    @Test func a_punctual_job_wakes_when_its_next_row_is_due() async throws {
        try await withService(ErrandService.self, "interval: 60s\npunctual: true") { service in
            try await add(service, "E1", "in=7500&woken=1")
            try await add(service, "fail", "in=9000")
            let start = service.loop.uptime.wholeMilliseconds
            try await service.loop.sleep(for: .seconds(17))
            let runs = try await begun(service).runs
            #expect(runs.map(\.id) == ["E1", "fail", "fail", "fail"].prefix(runs.count).map { $0 })
            #expect(runs.count >= 3)
            #expect(abs((runs.first?.at ?? 0) - start - 7500) < 300)
            // Its own time, and then 2 s after the second that it took.
            #expect(abs(runs[1].at - start - 9000) < 300)
            #expect(abs(runs[2].at - start - 12_000) < 300)
        }
    }

    @Test func rows_of_one_key_are_worked_on_one_after_the_other() async throws {
        try await withService(ErrandService.self) { service in
            for number in 1...3 { try await add(service, "A\(number)", "person=anna") }
            try await add(service, "B1", "person=ben")
            try await service.loop.sleep(for: .seconds(10))
            let (most, runs) = try await begun(service)
            #expect(most == 2)
            let times = runs.filter { $0.id.hasPrefix("A") }
            #expect(times.map(\.id) == ["A1", "A2", "A3"])
            #expect(zip(times, times.dropFirst()).allSatisfy { $1.at - $0.at >= 1000 })
        }
    }

    @Test(arguments: [("", 1), ("grace: 5s", 0)])
    func work_that_is_under_way_may_end_before_the_service_stops(yaml: String, left: Int) async throws {
        try await withService(ErrandService.self, yaml) { service in
            try await add(service, "E1", "woken=1")
            for _ in 0..<100 {
                if try await begun(service).runs.count == 1 { break }
                try await service.loop.sleep(for: .milliseconds(10))
            }
            await service.stop()
            try await service.start()
            #expect(try await open(service) == left)
        }
    }
}
