import Configuration
import HTTP
import Kernel
import ServiceHost
import ServiceTestSupport
import Storage
import Synchronization
import Testing

/// A job in front of many rows: what it reads stays bounded, what is stuck starves nothing, and its metrics tell the truth.
@Suite struct JobBacklogTests {
    @Test func stuck_rows_beyond_what_one_look_reads_do_not_keep_others_from_their_turn() async throws {
        try await withService(BacklogService.self) { service in
            try await service.add("stay", count: 1500)
            // Until each was tried: half of the places go to those that are tried again.
            try await service.loop.sleep(for: .seconds(90))
            let before = try await service.figures()
            #expect(Set(before.begun).count == 1500)
            for round in 1...10 {
                try await service.add("E\(round)-", count: 2)
                try await service.loop.sleep(for: .seconds(2))
            }
            let after = try await service.figures()
            #expect(after.begun.count { $0.hasPrefix("E") } == 20)
            #expect(after.most <= 256 + 8, "one read took \(after.most) rows")
            #expect(after.read - before.read < 20_000, "\(after.read - before.read) rows read in 20 s")
        }
    }

    @Test func one_key_with_many_rows_keeps_no_other_key_from_its_turn_and_its_order() async throws {
        try await withService(BacklogService.self) { service in
            try await service.add("A", count: 2000, person: "anna")
            try await service.add("B", count: 2, person: "ben")
            try await service.add("C", count: 2, person: "cleo")
            try await service.loop.sleep(for: .seconds(10))
            let figures = try await service.figures()
            for name in ["B", "C"] {
                #expect(figures.begun.filter { $0.hasPrefix(name) } == ["\(name)00001", "\(name)00002"])
            }
            let anna = figures.begun.filter { $0.hasPrefix("A") }
            #expect(anna.count >= 80, "a tenth of a second each: \(anna.count) in 10 s")
            #expect(anna == anna.sorted())
            // One a row that ends, and a round through all of them now and then.
            #expect(figures.read < 8000, "\(figures.read) rows read")
            #expect(figures.most <= 256 + 8)
        }
    }

    /// Five rows become due in the time that four take.
    @Test func under_lasting_overload_every_due_row_has_its_turn() async throws {
        try await withService(BacklogService.self) { service in
            try await service.add("stay", count: 60)
            try await service.loop.sleep(for: .seconds(10))
            for second in 1...60 {
                for part in 0..<10 {
                    try await service.add("L\(second)-\(part)-", count: 5)
                    try await service.loop.sleep(for: .milliseconds(100))
                }
                // It lies behind rows that are stuck, and before those that were begun last.
                if second == 20 { try await service.add("late", count: 1, ago: 15) }
            }
            let begun = try await service.figures().begun
            let late = try #require(begun.firstIndex(of: "late00001"), "60 s of overload went by")
            // A round takes as long as the rows that were due at its begin: less than 300, at 20 a second.
            let before = begun.prefix(late).count { $0.hasPrefix("L") }
            #expect(before <= 20 * 40 + 300 + 40 * 5, "\(before) others came first")
            let tries = Dictionary(grouping: begun.filter { $0.hasPrefix("stay") }) { $0 }.mapValues(\.count)
            // Twice each in the quiet, and after 8, 16 and 32 s.
            #expect(tries.count == 60 && tries.values.allSatisfy { $0 >= 4 }, "\(tries)")
        }
    }

    @Test func the_age_of_the_oldest_due_row_grows_while_all_places_are_taken() async throws {
        try await withService(BacklogService.self) { service in
            try await service.add("slow", count: 8)
            try await service.loop.sleep(for: .seconds(5))
            let first = try await service.metric("sambal_job_oldest_due_seconds")
            try await service.loop.sleep(for: .seconds(20))
            let second = try await service.metric("sambal_job_oldest_due_seconds")
            #expect((3.0...5.5).contains(first))
            #expect((23.0...25.5).contains(second))
        }
    }

    @Test func a_conflict_with_somebody_else_is_no_failure_and_is_looked_at_again_at_once() async throws {
        try await withService(BacklogService.self, "interval: 1h") { service in
            try await service.add("once", count: 1)
            try await service.loop.sleep(for: .seconds(1))
            #expect(try await service.figures().begun.count == 2)
            #expect(try await service.metric("sambal_job_failures_total") == 0)
            #expect(try await service.metric("sambal_job_conflicts_total") == 1)
        }
    }

    @Test func a_row_whose_work_always_conflicts_is_not_tried_all_the_time() async throws {
        try await withService(BacklogService.self) { service in
            try await service.add("ever", count: 1)
            try await service.loop.sleep(for: .seconds(10))
            let begun = try await service.figures().begun.count
            #expect((3...5).contains(begun))
            #expect(try await service.metric("sambal_job_failures_total") == 0)
        }
    }
}

/// Runs errands, each for a tenth of a second: `stay` is left due as it is, `slow` takes an hour, `once` meets a conflict the
/// first time and `ever` each time.
private struct BacklogService: ServiceDefinition {
    static let name = "backlog"
    static let kind = ServiceKind.persistence
    static let port = 1
    static let summary = "runs errands"
    static let migrations = [
        Migration(1, "errands", [.create(Errand.collection.schema)] + ServiceEnvironment.migrationSteps)
    ]

    private let interval: Duration

    init(from section: Configuration) { interval = section.duration("interval", default: .seconds(1)) }

    func parts(_ context: ServiceEnvironment) throws -> ServiceParts {
        let counting = CountingDatabase(try context.database)
        let errands = Repository<Errand>(counting)
        let (trigger, begun) = (JobTrigger<Errand>(), Begun())
        let job = Job(
            "run errands", in: errands, context, JobPlan(due: "dueAt", every: interval, atOnce: 4), trigger: trigger,
            key: { $0.person ?? $0.id },
            work: { errand in
                let isFirst = begun.note(errand.id)
                try await context.loop.sleep(for: errand.id.hasPrefix("slow") ? .seconds(3600) : .milliseconds(100))
                if errand.id.hasPrefix("stay") { return }
                if errand.id.hasPrefix("ever") || (isFirst && errand.id.hasPrefix("once")) {
                    throw StorageError(.versionConflict, "somebody else was faster")
                }
                try await context.transaction { tx in
                    guard var stored = try await errands.find(errand.id, in: tx) else { return }
                    stored.dueAt = nil
                    try await errands.update(stored, in: tx)
                }
            })
        return ServiceParts(
            routes: [
                .get("/figures", summary: "What was read and begun") { _ in
                    let (read, most) = counting.figures
                    return .text((["\(read)", "\(most)"] + begun.all).joined(separator: "\n"))
                },
                .post("/errands/{name}", summary: "Adds so many errands that are due") { request in
                    let name: String = try request.parameter("name")
                    let count = request.query["count"].flatMap { Int($0) } ?? 1
                    let ago = request.query["ago"].flatMap { Int($0) } ?? 0
                    let (person, now) = (request.query["person"], context.loop.now - .seconds(ago))
                    try await context.transaction { tx in
                        for number in 1...count {
                            let digits = "\(100_000 + number)".dropFirst()
                            try await errands.insert(
                                Errand(id: name + digits, person: person, dueAt: now + .milliseconds(number / 100)),
                                in: tx)
                        }
                        trigger.wake(after: tx)
                    }
                    return .text("added")
                },
            ], background: [job.background])
    }

    private final class Begun: Sendable {
        private let ids = Mutex<[String]>([])
        var all: [String] { ids.withLock { $0 } }

        /// Whether it had not begun before.
        func note(_ id: String) -> Bool {
            ids.withLock { ids in
                defer { ids.append(id) }
                return !ids.contains(id)
            }
        }
    }
}

extension ServiceUnderTest {
    fileprivate func add(_ name: String, count: Int, person: String? = nil, ago seconds: Int = 0) async throws {
        let query = person.map { "&person=\($0)" } ?? ""
        let answer = try await send(.post, "/errands/\(name)?count=\(count)&ago=\(seconds)\(query)")
        #expect(answer.status == 200)
    }

    fileprivate func figures() async throws -> (read: Int, most: Int, begun: [String]) {
        let lines = try await send(.get, "/figures").text.split(separator: "\n").map(String.init)
        return (Int(lines[0]) ?? -1, Int(lines[1]) ?? -1, Array(lines.dropFirst(2)))
    }

    fileprivate func metric(_ name: String) async throws -> Double {
        let text = try await send(.get, "/metrics").text
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + "{") }
        return line?.split(separator: " ").last.flatMap { Double($0) } ?? -1
    }
}

/// Counts the rows that its reads return, outside of transactions that write.
private final class CountingDatabase: Database {
    private let base: any Database
    private let counts = Mutex((all: 0, most: 0))
    var figures: (all: Int, most: Int) { counts.withLock { $0 } }

    init(_ base: any Database) { self.base = base }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) async throws -> Result
    ) async throws -> Result { try await base.transaction(body) }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) async throws -> Result
    ) async throws -> Result {
        try await base.read { [self] tx in try await body(CountingRead(base: tx, note: note)) }
    }

    func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }
    func check() async throws { try await base.check() }
    func close() async { await base.close() }

    private func note(_ rows: Int) {
        counts.withLock { $0 = ($0.all + rows, max($0.most, rows)) }
    }
}

private struct CountingRead: ReadTransaction {
    let base: any ReadTransaction
    let note: @Sendable (Int) -> Void

    func find(_ collection: CollectionSchema, id: String) async throws -> Record? {
        try await base.find(collection, id: id)
    }

    func query(_ collection: CollectionSchema, _ query: Query) async throws -> [Record] {
        let rows = try await base.query(collection, query)
        note(rows.count)
        return rows
    }

    func count(_ collection: CollectionSchema, where conditions: [Condition]) async throws -> Int {
        try await base.count(collection, where: conditions)
    }
}
