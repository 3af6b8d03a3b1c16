import Kernel
import PlatformTestSupport
import Synchronization
import Testing
import TokenTestSupport

@testable import Tokens

/// When keys are loaded again, in virtual time.
@Suite struct KeyRefreshTests {
    private static let settings = KeyRefresh.Settings(
        minimumInterval: .seconds(5), maximumAge: .seconds(600), maximumWaiting: 3)

    @Test func keys_are_loaded_at_the_start_and_when_they_are_old() {
        var refresh = KeyRefresh(Self.settings, hasKeys: false, at: .seconds(100))
        #expect(refresh.delay(at: .seconds(100)) == .zero)
        refresh.begin(at: .seconds(100))
        #expect(refresh.delay(at: .seconds(101)) == nil)
        refresh.end(succeeded: true)
        #expect(refresh.delay(at: .seconds(102)) == .seconds(598))
        #expect(refresh.delay(at: .seconds(700)) == .zero)
        #expect(KeyRefresh(Self.settings, hasKeys: true, at: .seconds(100)).delay(at: .seconds(100)) == .seconds(600))
    }

    @Test func an_unknown_key_is_looked_for_once_an_interval() {
        var refresh = KeyRefresh(Self.settings, hasKeys: true, at: .zero)
        #expect(refresh.miss() == .wait)
        #expect(refresh.delay(at: .seconds(1)) == .seconds(4))
        #expect(refresh.delay(at: .seconds(9)) == .zero)
        refresh.begin(at: .seconds(9))
        // Comes while the load is under way, and is answered with it.
        #expect(refresh.miss() == .wait)
        refresh.end(succeeded: true)
        #expect(refresh.waiting == 0)
        #expect(refresh.delay(at: .seconds(10)) == .seconds(599))
    }

    @Test func so_many_may_wait_and_no_more() {
        var refresh = KeyRefresh(Self.settings, hasKeys: true, at: .zero)
        let answers = (0..<5).map { _ in refresh.miss() }
        #expect(answers == [.wait, .wait, .wait, .refuse, .refuse])
        refresh.begin(at: .seconds(5))
        refresh.end(succeeded: false)
        #expect(refresh.hasFailed)
        #expect(refresh.miss() == .wait)
    }

    @Test func a_load_that_failed_is_tried_again_after_the_interval() {
        var refresh = KeyRefresh(Self.settings, hasKeys: false, at: .zero)
        refresh.begin(at: .zero)
        refresh.end(succeeded: false)
        #expect(refresh.delay(at: .seconds(1)) == .seconds(4))
        refresh.begin(at: .seconds(5))
        refresh.end(succeeded: true)
        #expect(refresh.delay(at: .seconds(6)) == .seconds(599))
    }

    @Test func a_load_that_was_given_up_begins_at_once() {
        var refresh = KeyRefresh(Self.settings, hasKeys: true, at: .zero)
        _ = refresh.miss()
        refresh.begin(at: .seconds(5))
        refresh.abandon()
        #expect(refresh.waiting == 1)
        #expect(refresh.delay(at: .seconds(5)) == .zero)
    }

    // MARK: With tokens

    /// An issuer that tests change.
    private final class Issuer: Sendable {
        let provider: KeyProvider
        let verifier: TokenVerifier
        let loop: any Loop

        init(on loop: any Loop, waiting: Int = TokenLimits.waiting) {
            let box = Box()
            self.loop = loop
            provider = KeyProvider(
                KeyRefresh.Settings(minimumInterval: .seconds(5), maximumAge: .seconds(600), maximumWaiting: waiting),
                loop: loop
            ) {
                try await loop.sleep(for: .milliseconds(100))
                return try box.load()
            }
            verifier = TokenVerifier(
                [
                    TrustedIssuer(
                        "https://id.example", audiences: ["shop"], algorithms: [.edDSA], keys: .loaded(provider))
                ], rolesClaim: "roles", skew: .zero, loop: loop)
            self.box = box
        }

        private let box: Box
        var loads: Int { box.state.withLock { $0.loads } }
        /// `nil` lets loads fail.
        func publish(_ keys: [SigningKey]?) { box.state.withLock { $0.keys = keys } }

        final class Box: Sendable {
            let state = Mutex((keys: [SigningKey]?([TestKeys.ed25519]), loads: 0))

            func load() throws -> KeySet {
                let keys = state.withLock { state in
                    state.loads += 1
                    return state.keys
                }
                guard let keys else { throw KeySetFault("is away") }
                return try KeySet(json: Array("{\"keys\":[\(keys.map { $0.jwkText() }.joined(separator: ","))]}".utf8))
            }
        }

        func outcome(_ key: SigningKey, subject: String = "ann") async -> String {
            let token = TokenText.signed(
                "{\"alg\":\"EdDSA\",\"kid\":\"\(key.id)\"}",
                TokenText.claims(["sub": "\"\(subject)\"", "exp": "9999999999"], at: loop.now), key)
            do {
                _ = try await verifier.verify(token)
                return "accepted"
            } catch {
                return error.code.rawValue
            }
        }
    }

    private static func run(
        waiting: Int = TokenLimits.waiting, _ body: @escaping @Sendable (Issuer) async throws -> Void
    ) async throws {
        try await LoopKind.simulated.run { loop in
            let issuer = Issuer(on: loop, waiting: waiting)
            let work = loop.start { await issuer.provider.run() }
            let result: Result<Void, any Error>
            do { result = .success(try await body(issuer)) } catch { result = .failure(error) }
            work.cancel()
            await work.value
            try result.get()
        }
    }

    private static let next = SigningKey(.ed25519, id: "ed-2")

    @Test func requests_wait_for_the_first_keys_and_for_a_new_one() async throws {
        try await Self.run { issuer in
            #expect(await issuer.outcome(TestKeys.ed25519) == "accepted")
            #expect(issuer.loads == 1)
            issuer.publish([TestKeys.ed25519, Self.next])
            async let many = withTaskGroup(of: String.self) { group in
                for number in 0..<50 { group.addTask { await issuer.outcome(Self.next, subject: "s\(number)") } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(await many == [String](repeating: "accepted", count: 50))
            #expect(issuer.loads == 2)
        }
    }

    @Test func made_up_names_cause_no_storm() async throws {
        try await Self.run { issuer in
            _ = await issuer.outcome(TestKeys.ed25519)
            let began = issuer.loop.uptime
            let strangers = (0..<20).map { SigningKey(.ed25519, id: "made-up-\($0)") }
            while issuer.loop.uptime < began + .seconds(60) {
                await withTaskGroup(of: Void.self) { group in
                    for stranger in strangers {
                        group.addTask { #expect(await issuer.outcome(stranger) == "unknown_key") }
                    }
                }
            }
            #expect((10...14).contains(issuer.loads), "\(issuer.loads)")
        }
    }

    @Test func no_more_wait_than_may() async throws {
        try await Self.run(waiting: 3) { issuer in
            _ = await issuer.outcome(TestKeys.ed25519)
            let began = issuer.loop.uptime
            let refusedAtOnce = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        let outcome = await issuer.outcome(Self.next, subject: "s\(number)")
                        let isAtOnce = issuer.loop.uptime - began < .seconds(1)
                        // The key may be a new one: only who has waited knows that it is none.
                        #expect(outcome == (isAtOnce ? "keys_unavailable" : "unknown_key"))
                        return isAtOnce
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refusedAtOnce == 7)
        }
    }

    @Test func a_failing_load_keeps_the_keys() async throws {
        try await Self.run { issuer in
            #expect(await issuer.outcome(TestKeys.ed25519) == "accepted")
            issuer.publish(nil)
            // It may be good: nobody can tell.
            #expect(await issuer.outcome(Self.next) == "keys_unavailable")
            #expect(await issuer.outcome(TestKeys.ed25519, subject: "bob") == "accepted")
            issuer.publish([Self.next])
            #expect(await issuer.outcome(Self.next) == "accepted")
            // The old key is gone, and with it what was remembered.
            #expect(await issuer.outcome(TestKeys.ed25519) == "unknown_key")
        }
    }

    @Test func keys_that_never_came_are_no_fault_of_the_token() async throws {
        try await Self.run { issuer in
            issuer.publish(nil)
            #expect(await issuer.outcome(TestKeys.ed25519) == "keys_unavailable")
            issuer.publish([TestKeys.ed25519])
            #expect(await issuer.outcome(TestKeys.ed25519) == "accepted")
        }
    }

    @Test func old_keys_are_loaded_again_without_being_asked() async throws {
        try await Self.run { issuer in
            #expect(await issuer.outcome(TestKeys.ed25519) == "accepted")
            issuer.publish([Self.next])
            try await issuer.loop.sleep(for: .seconds(601))
            #expect(issuer.loads == 2)
            #expect(await issuer.outcome(TestKeys.ed25519) == "unknown_key")
        }
    }

    @Test func who_waits_is_answered_when_nobody_loads_any_more() async throws {
        try await LoopKind.simulated.run { loop in
            let issuer = Issuer(on: loop)
            async let outcome = issuer.outcome(TestKeys.ed25519)
            try await eventually(on: loop) { issuer.provider.waiting == 1 }
            issuer.provider.close()
            #expect(await outcome == "keys_unavailable")
            // A request of the configuration before may come as late as this.
            #expect(await issuer.outcome(TestKeys.ed25519) == "keys_unavailable")
        }
    }

    @Test func a_request_that_is_given_up_does_not_wait_for_keys() async throws {
        try await LoopKind.simulated.run { loop in
            let issuer = Issuer(on: loop)
            let request = Task(executorPreference: loop) { await issuer.outcome(TestKeys.ed25519) }
            try await eventually(on: loop) { issuer.provider.waiting == 1 }
            request.cancel()
            #expect(await request.value == "keys_unavailable")
        }
    }
}
