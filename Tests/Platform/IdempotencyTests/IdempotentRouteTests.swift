import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PlatformTestSupport
import Storage
import StorageSQLite
import Synchronization
import Testing

@Suite struct IdempotentRouteTests {
    @Test func a_repeated_request_runs_once_and_gets_the_same_answer() async throws {
        let (answers, runs) = try await answers(status: 201, keys: ["k1", "k1", "k2"])
        #expect(answers.map(\.status) == [201, 201, 201])
        #expect(answers.map { $0.headers["Idempotent-Replayed"] } == [nil, "true", nil])
        #expect(answers[0].body == answers[1].body && runs == 2)
    }

    @Test func an_error_of_the_callers_is_stored_too() async throws {
        let (answers, runs) = try await answers(status: 404, keys: ["k1", "k1"])
        #expect(answers.map(\.status) == [404, 404] && runs == 1)
    }

    @Test func after_an_error_of_ours_the_work_is_done_again_once_the_lease_has_ended() async throws {
        let (answers, runs) = try await answers(status: 500, keys: ["k1", "k1"])
        #expect(answers.map(\.status) == [500, 409] && runs == 1)
        let (later, laterRuns) = try await self.answers(status: 500, keys: ["k1", "k1"], pause: .seconds(31))
        #expect(later.map(\.status) == [500, 500] && laterRuns == 2)
    }

    @Test func without_a_key_it_is_the_plain_route_unless_one_is_required() async throws {
        let (plain, runs) = try await answers(status: 200, keys: [nil, nil])
        #expect(plain.map(\.status) == [200, 200] && runs == 2)
        let (required, none) = try await answers(status: 200, keys: [nil], required: true)
        #expect(required.map(\.status) == [400] && none == 0)
    }

    private func answers(
        status: Int, keys: [String?], required: Bool = false, pause: Duration = .zero
    ) async throws -> ([Response], Int) {
        try await LoopKind.simulated.run { loop in
            let folder = TemporaryDirectory()
            let database = try SQLiteDatabase(path: folder.file("keys.db"), loop: loop)
            try await database.migrate([Migration(1, "keys", [.create(IdempotencyStore.collection.schema)])])
            let runs = Runs()
            let route = Route(.post, "/things", summary: "Makes a thing") { _ in
                let run = runs.count.withLock { count in
                    count += 1
                    return count
                }
                guard status < 400 else { throw Problem(status: status) }
                return Response.text("thing \(run)", status: status)
            }
            let router = try Router([
                route.idempotent(
                    IdempotencyStore(loop: loop, keeping: .seconds(86_400)), on: database, required: required)
            ])
            var answers: [Response] = []
            for key in keys {
                let headers: Headers = key.map { ["Idempotency-Key": $0] } ?? Headers()
                answers.append(await router.respond(to: Request(method: .post, path: "/things", headers: headers)))
                try await loop.sleep(for: pause)
            }
            await database.close()
            return (answers, runs.count.withLock { $0 })
        }
    }
}

private final class Runs: Sendable {
    let count = Mutex(0)
}
