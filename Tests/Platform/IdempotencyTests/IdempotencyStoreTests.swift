import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PlatformTestSupport
import Storage
import StorageSQLite
import Testing

@Suite struct IdempotencyStoreTests {
    private static let key = IdempotencyKey(client: "shop", value: "k1")
    private static let print = Fingerprint(Request(method: .post, path: "/", body: Data("a".utf8)))
    private static let created = Response(
        status: 201, headers: ["Content-Type": "application/hal+json", "Location": "/orders/1"],
        body: Data(#"{"id":"1"}"#.utf8))

    /// What happens to a key, step by step.
    enum Step: Sendable, CustomStringConvertible {
        case begin(subject: String = "ORD-1", body: String = "a", gives: String)
        case complete(status: Int = 201, token: Int = -1, gives: String = "stored")
        case release(token: Int = -1, gives: String = "free")
        case wait(Duration)

        var description: String {
            switch self {
            case .begin(let subject, let body, let gives): "begin \(subject) \(body) → \(gives)"
            case .complete(let status, let token, let gives): "complete \(status) with token \(token) → \(gives)"
            case .release(let token, let gives): "release with token \(token) → \(gives)"
            case .wait(let time): "wait \(time)"
            }
        }
    }

    static let stories: [[Step]] = [
        [.begin(gives: "started"), .complete(), .begin(subject: "ORD-2", gives: "replay 201")],
        [.begin(gives: "started"), .complete(status: 422), .begin(gives: "replay 422")],
        [.begin(gives: "started"), .begin(gives: "409")],
        [.begin(gives: "started"), .begin(body: "b", gives: "422"), .complete(), .begin(body: "b", gives: "422")],
        // The process died: the lease ends, the next one takes over with the first one's order id.
        [
            .begin(gives: "started"), .wait(.seconds(29)), .begin(subject: "ORD-2", gives: "409"), .wait(.seconds(2)),
            .begin(subject: "ORD-2", gives: "resume ORD-1"), .complete(), .begin(gives: "replay 201"),
        ],
        // It was not dead but slow: what it comes with is refused.
        [
            .begin(gives: "started"), .wait(.seconds(31)), .begin(gives: "resume ORD-1"),
            .complete(token: 0, gives: "lease lost"), .release(token: 0, gives: "lease lost"), .complete(token: 1),
            .complete(token: 0, gives: "lease lost"), .complete(token: 1, gives: "lease lost"),
        ],
        [
            .begin(gives: "started"), .release(), .begin(subject: "ORD-2", gives: "resume ORD-1"), .begin(gives: "409"),
            .complete(), .begin(gives: "replay 201"),
        ],
        [.begin(gives: "started"), .release(), .begin(body: "b", gives: "422")],
        [
            .begin(gives: "started"), .complete(), .wait(.seconds(86_399)), .begin(gives: "replay 201"),
            .wait(.seconds(2)),
            .begin(subject: "ORD-2", body: "b", gives: "started"), .complete(), .begin(body: "b", gives: "replay 201"),
        ],
    ]

    @Test(arguments: stories) func a_key_goes_its_way(story: [Step]) async throws {
        try await LoopKind.simulated.run { loop in
            let database = try await Self.database(loop)
            let store = IdempotencyStore(loop: loop, keeping: .seconds(86_400))
            var claims: [IdempotencyClaim] = []
            for step in story {
                let told: String
                switch step {
                case .wait(let time):
                    try await loop.sleep(for: time)
                    continue
                case .begin(let subject, let body, _):
                    let outcome = await Self.begin(store, database, subject, body)
                    told = outcome.text
                    if let claim = outcome.claim { claims.append(claim) }
                case .complete(let status, let index, _):
                    let claim = claims[index < 0 ? claims.count - 1 : index]
                    told = await Self.fenced("stored", database) {
                        var response = Self.created
                        response.status = status
                        try await store.complete(claim, with: response, in: $0)
                    }
                case .release(let index, _):
                    let claim = claims[index < 0 ? claims.count - 1 : index]
                    told = await Self.fenced("free", database) { try await store.release(claim, in: $0) }
                }
                #expect(told == step.expected, "\(step)")
            }
            await database.close()
        }
    }

    @Test func a_replay_is_the_stored_answer_and_says_so() async throws {
        try await LoopKind.simulated.run { loop in
            let database = try await Self.database(loop)
            let store = IdempotencyStore(loop: loop, keeping: .seconds(86_400))
            let replay = try await database.transaction { tx -> Response? in
                guard case .begun(let claim) = try await store.begin(Self.key, Self.print, subject: "s", in: tx)
                else { return nil }
                try await store.complete(claim, with: Self.created, in: tx)
                guard case .replay(let response) = try await store.begin(Self.key, Self.print, subject: "s", in: tx)
                else { return nil }
                return response
            }
            #expect(replay?.status == 201)
            #expect(replay?.body == Self.created.body)
            #expect(replay?.headers["Content-Type"] == "application/hal+json")
            #expect(replay?.headers["Location"] == "/orders/1")
            #expect(replay?.headers["Idempotent-Replayed"] == "true")
            await database.close()
        }
    }

    @Test func a_transaction_that_falls_leaves_the_key_free() async throws {
        try await LoopKind.simulated.run { loop in
            let database = try await Self.database(loop)
            let store = IdempotencyStore(loop: loop, keeping: .seconds(86_400))
            try? await database.transaction { tx in
                _ = try await store.begin(Self.key, Self.print, subject: "ORD-1", in: tx)
                throw CancellationError()
            }
            let outcome = await Self.begin(store, database, "ORD-2", "a")
            #expect(outcome.text == "started")
            await database.close()
        }
    }

    @Test(arguments: [1, 2, 3]) func of_many_that_come_at_once_one_starts(seed: UInt64) async throws {
        try await LoopKind.simulated.run(seed: seed) { loop in
            let database = try await Self.database(loop)
            let store = IdempotencyStore(loop: loop, keeping: .seconds(86_400))
            let told = await withTaskGroup(of: String.self) { group in
                for index in 0..<20 {
                    group.addTask { await Self.begin(store, database, "ORD-\(index)", "a").text }
                }
                return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(told == ["started": 1, "409": 19])
            await database.close()
        }
    }

    @Test func old_rows_are_pruned_a_bounded_number_at_a_time_and_eternal_ones_never() async throws {
        try await LoopKind.simulated.run { loop in
            let database = try await Self.database(loop)
            let (day, forever) = (
                IdempotencyStore(loop: loop, keeping: .seconds(86_400)), IdempotencyStore(loop: loop, keeping: nil)
            )
            try await database.transaction { tx in
                for index in 0..<5 {
                    let key = IdempotencyKey(client: "shop", value: "\(index)")
                    _ = try await (index == 0 ? forever : day).begin(key, Self.print, subject: "s", in: tx)
                }
            }
            let prune: @Sendable () async throws -> Int = {
                try await database.transaction { try await day.prune(limit: 3, in: $0) }
            }
            #expect(try await prune() == 0)
            try await loop.sleep(for: .seconds(86_400))
            #expect(try await prune() == 3)
            #expect(try await prune() == 1)
            #expect(try await prune() == 0)
            await database.close()
        }
    }

    private static func database(_ loop: any Loop) async throws -> any Database {
        let database = try SQLiteDatabase(path: ":memory:", loop: loop)
        try await database.migrate([Migration(1, "keys", [.create(IdempotencyStore.collection.schema)])])
        return database
    }

    private static func begin(
        _ store: IdempotencyStore, _ database: any Database, _ subject: String, _ body: String
    ) async -> (text: String, claim: IdempotencyClaim?) {
        do {
            let outcome = try await database.transaction { tx in
                try await store.begin(
                    key, Fingerprint(Request(method: .post, path: "/", body: Data(body.utf8))), subject: subject, in: tx
                )
            }
            return switch outcome {
            case .begun(let claim): (claim.isResumed ? "resume \(claim.subject)" : "started", claim)
            case .replay(let response): ("replay \(response.status)", nil)
            }
        } catch {
            return ((error as? Problem).map { "\($0.status)" } ?? "\(error)", nil)
        }
    }

    private static func fenced(
        _ success: String, _ database: any Database, _ body: @escaping @Sendable (any Transaction) async throws -> Void
    ) async -> String {
        do {
            try await database.transaction { try await body($0) }
            return success
        } catch {
            return (error as? IdempotencyError)?.code == .leaseLost ? "lease lost" : "\(error)"
        }
    }
}

extension IdempotencyStoreTests.Step {
    var expected: String {
        switch self {
        case .begin(_, _, let gives), .complete(_, _, let gives), .release(_, let gives): gives
        case .wait: ""
        }
    }
}
