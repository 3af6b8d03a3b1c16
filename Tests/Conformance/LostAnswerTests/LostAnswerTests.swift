import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import ServiceTestSupport
import Testing

/// Every commit of every route loses its answer, or its connection: no answer says that nothing was done where something
/// was, or that it was done where it was not, and the same request with the same key comes to its end.
@Suite struct LostAnswerTests {
    @Test(arguments: Errand.all.filter { !$0.storesNothing })
    func no_answer_claims_more_than_is_known(errand: Errand) async throws {
        try await walk(errand, on: .sqlite)
    }

    /// Those that a client may send again.
    @Test(arguments: Errand.all.filter { $0.isKeyed && !$0.storesNothing })
    func no_answer_claims_more_than_is_known_on_lmdb(errand: Errand) async throws {
        try await walk(errand, on: .lmdb)
    }

    /// On servers time is real: one request of each service that has a database, the one with the most commits, and the
    /// losses that leave something unknown.
    @Test(arguments: EngineUnderTest.servers, Errand.withManyCommits)
    func no_answer_claims_more_than_is_known_on_servers(_ engine: EngineUnderTest, _ errand: Errand) async throws {
        try await walk(errand, on: engine, [.answer, .commit])
    }

    @Test(arguments: Errand.all.filter(\.storesNothing))
    func a_request_that_stores_nothing_has_no_answer_to_lose(errand: Errand) async throws {
        try await PreparedShop.run(for: errand) { shop in
            let answer = try await shop.send(errand)
            #expect(answer.isSuccess, "\(errand): \(answer.status) \(answer.text)")
            #expect(shop.services.database(of: errand.service) == nil)
        }
    }

    private func walk(
        _ errand: Errand, on engine: EngineUnderTest, _ losses: [LossyDatabase.Loss] = LossyDatabase.Loss.allCases
    ) async throws {
        let (status, text, commits) = try await PreparedShop.run(for: errand, on: engine) { shop in
            let database = try #require(shop.services.database(of: errand.service))
            database.arm(0, .answer)
            let answer = try await shop.send(errand)
            return (answer.status, answer.text, database.count)
        }
        try #require((200..<300).contains(status), "\(errand) is answered \(status) \(text)")
        try #require(commits > 0, "\(errand) commits nothing")
        for number in 1...commits {
            for loss in losses {
                let point = Point(errand: errand, number: number, loss: loss, commits: commits)
                // Where time is real, background work may come before the request and do what is left of it.
                var tries = engine.loop == .threads ? 5 : 1
                var isReached = false
                while !isReached, tries > 0 {
                    tries -= 1
                    isReached = try await PreparedShop.run(for: errand, on: engine) { try await point.check(in: $0) }
                }
                try #require(isReached, "\(point): it was not reached")
            }
        }
    }
}

extension Errand {
    /// One for each service.
    static let withManyCommits = all.filter { errand in
        [
            "/orders", "/api/payments/{payment}/refunds", "/reservations/ORD-KEPT/commit", "/customers",
            "/carts/{cart}/checkout", "/deliveries/{delivery}/ship",
        ].contains(errand.path)
            && (errand.isKeyed || !["/orders", "/deliveries/{delivery}/ship"].contains(errand.path))
    }
}

/// One commit of one request, and what becomes of it.
private struct Point: Sendable, CustomStringConvertible {
    let errand: Errand
    let number: Int
    let loss: LossyDatabase.Loss
    let commits: Int

    var description: String { "\(errand), commit \(number) of \(commits) loses its \(loss)" }

    /// Returns `false` if the request came to its end with fewer commits.
    func check(in shop: PreparedShop) async throws -> Bool {
        let database = try #require(shop.services.database(of: errand.service))
        database.arm(number, loss)
        let answer = try await shop.send(errand)
        database.disarm()
        guard database.hasFailed else { return false }
        let problem = answer.problem
        let isUnknown = problem?.isOutcomeUnknown == true
        let words: Comment = "\(self): \(answer.status) \(answer.text)"
        if isUnknown {
            #expect(answer.headers["Retry-After"] == nil, words)
            #expect(answer.status >= 500 && answer.status != 503, words)
            // A provider has nothing to look at: it sends its callback until it is taken.
            #expect((problem?.look != nil) != errand.isCallback, words)
            if let look = problem?.look, errand.preparation == nil {
                let seen = try await shop.services.send(.get, errand.service, look)
                #expect([200, 404].contains(seen.status), "\(words) -> \(look): \(seen.status)")
            }
        }
        // Something is stored, or may be.
        if number > 1 || loss != .connection { #expect(answer.status != 503, words) }
        if number == 1 {
            // Nothing of it is known to be done.
            #expect(!(200..<300).contains(answer.status), words)
            #expect(loss == .connection ? answer.status == 503 : isUnknown, words)
            #expect((answer.headers["Retry-After"] != nil) == (loss == .connection), words)
        }
        guard errand.isKeyed else { return true }
        // The same request, as a client with its key sends it until it is known.
        try await shop.services.until {
            let again = try await shop.send(errand)
            return (200..<300).contains(again.status)
        }
        // Now that it is certainly done, it is seen where the answer had said.
        guard let look = problem?.look else { return true }
        let seen = try await shop.services.send(.get, errand.service, look)
        #expect(seen.status == 200, "\(words) -> \(look): \(seen.status)")
        return true
    }
}
