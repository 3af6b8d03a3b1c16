import FoundationEssentials
import HTTP
import Idempotency
import Kernel
import PlatformTestSupport
import Storage
import StorageSQLite
import Testing

/// Whose a key is, how long it lives, and what of an answer is kept with it.
@Suite struct IdempotencyScopeTests {
    @Test func two_clients_may_use_one_key_without_knowing_of_each_other() throws {
        var (first, second) = (request(), request())
        first.caller = Caller(subject: "anna", issuer: "till", roles: ["customer"])
        second.caller = Caller(subject: "budi", issuer: "till", roles: ["customer"])
        let (ofFirst, ofSecond) = (try key(first), try key(second))
        #expect(ofFirst != ofSecond && ofFirst.client == "till anna")
        // Roles come and go; the caller stays the same.
        second.caller = Caller(subject: "anna", issuer: "till")
        #expect(try key(second) == ofFirst)
        let ofStranger = try key(request())
        #expect(ofStranger.client == "")
    }

    @Test func no_two_callers_share_a_space_of_keys() throws {
        let callers = [("a b", "c"), ("b c", "a"), ("c", "a b"), ("a%20b", "c"), ("b", "a"), ("", "a"), ("a", "")]
        let keys = try callers.map { subject, issuer in
            var request = request()
            request.caller = Caller(subject: subject, issuer: issuer)
            return try key(request)
        }
        #expect(Set(keys).count == callers.count)
    }

    @Test func what_a_stranger_writes_into_a_header_makes_nobody_another_client() throws {
        for header in ["Client", "X-Client", "X-Client-Id", "X-Forwarded-User", "Authorization"] {
            let (named, unnamed) = (try key(request([header: "anna"])), try key(request()))
            #expect(named == unnamed)
        }
    }

    @Test func a_replay_keeps_tag_place_and_type() async throws {
        try await with { store, database in
            let answers = [
                Response(
                    status: 201,
                    headers: ["Content-Type": "application/hal+json", "Location": "/orders/1", "ETag": "\"3\""],
                    body: Data("{}".utf8)),
                Response(status: 200, headers: ["ETag": "\"3\""]),
                Response(status: 200, headers: ["Content-Type": "application/json"], body: Data("1".utf8)),
            ]
            for (number, answer) in answers.enumerated() {
                let key = IdempotencyKey(client: "", value: "k\(number)")
                try await database.transaction { tx in
                    guard case .begun(let claim) = try await begin(key, store, "ORD-1", tx) else { return }
                    try await store.complete(claim, with: answer, in: tx)
                }
                let outcome = try await database.transaction { tx in try await begin(key, store, "ORD-2", tx) }
                guard case .replay(let replay) = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
                for header in ["Content-Type", "Location", "ETag"] {
                    #expect(replay.headers[header] == answer.headers[header], "\(header) of \(number)")
                }
                #expect(replay.headers["Idempotent-Replayed"] == "true" && replay.body == answer.body)
            }
        }
    }

    @Test func a_key_that_is_forgotten_begins_with_another_subject() async throws {
        try await with { store, database in
            let key = IdempotencyKey(client: "", value: "k")
            try await database.transaction { tx in
                guard case .begun(let claim) = try await begin(key, store, "ORD-1", tx) else { return }
                try await store.forget(claim, in: tx)
            }
            let outcome = try await database.transaction { tx in try await begin(key, store, "ORD-2", tx) }
            guard case .begun(let claim) = outcome, !claim.isResumed, claim.subject == "ORD-2" else {
                Issue.record("\(outcome)")
                return
            }
            // Who has lost the key cannot take it from its next holder.
            try await database.transaction { tx in try await store.forget(claim, in: tx) }
            await #expect(throws: IdempotencyError.self) {
                try await database.transaction { tx in try await store.forget(claim, in: tx) }
            }
        }
    }

    private func begin(
        _ key: IdempotencyKey, _ store: IdempotencyStore, _ subject: String, _ tx: any Transaction
    ) async throws -> IdempotencyBeginning {
        try await store.begin(
            key, Fingerprint(Request(method: .post, path: "/", body: Data("a".utf8))), subject: subject, in: tx)
    }

    private func with(
        _ body: @escaping @Sendable (IdempotencyStore, any Database) async throws -> Void
    ) async throws {
        try await LoopKind.simulated.run(seed: 1) { loop in
            let folder = TemporaryDirectory()
            let database = try SQLiteDatabase(path: folder.file("keys.db"), loop: loop)
            try await database.migrate([
                Migration(1, "keys", [.create(IdempotencyStore.collection.schema)])
            ])
            try await body(IdempotencyStore(loop: loop, keeping: .seconds(86_400)), database)
            await database.close()
        }
    }

    private func request(_ headers: Headers = Headers()) -> Request {
        var headers = headers
        headers.add("Idempotency-Key", "k")
        return Request(method: .post, path: "/orders", headers: headers)
    }

    private func key(_ request: Request) throws -> IdempotencyKey { try #require(try IdempotencyKey(request)) }
}
