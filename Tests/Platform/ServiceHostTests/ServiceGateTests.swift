import FoundationEssentials
import HTTP
import Kernel
import PlatformTestSupport
import Synchronization
import Telemetry
import Testing
import TokenTestSupport
import Tokens

@testable import ServiceHost

@Suite struct ServiceGateTests {
    private static let secret = "a secret of at least thirty-two bytes"
    private static let anna = Caller(subject: "anna", issuer: "till", roles: ["customer"])

    private struct Fixture: Sendable {
        let loop: any Loop
        let sink = RecordingSink()
        let metrics = MetricsRegistry()
        let gate: ServiceGate
        let keys: ServiceKeys

        init(_ loop: any Loop) throws {
            self.loop = loop
            keys = try #require(ServiceKeys(secret))
            gate = ServiceGate(
                "order", keys: keys, selfCheckedPaths: ["/v1/"], loop: loop,
                log: Logger(label: "order", logLevel: .info, sink: sink, now: { loop.now }), metrics: metrics)
        }

        func token(_ audience: String = "order", _ caller: Caller? = nil) -> String {
            ServiceTokenMint(of: "gateway", keys: keys, loop: loop).token(
                for: audience,
                caller: caller.map { ServiceToken.Caller(subject: $0.subject, issuer: $0.issuer, roles: $0.roles) })
        }

        func admit(_ fields: [(String, String)], path: String = "/orders") -> Result<Request, Problem> {
            var headers = Headers()
            for (name, value) in fields { headers.add(name, value) }
            return gate.admit(Request(method: .post, path: path, headers: headers))
        }

        /// The reason of a refusal as the metric counts it; `nil` if the request was let through.
        func refusal(_ fields: [(String, String)], path: String = "/orders") -> String? {
            guard case .failure(let problem) = admit(fields, path: path) else { return nil }
            #expect(problem.status == 401 && problem.headers["WWW-Authenticate"] == "Sambal-Service realm=\"sambal\"")
            return problem.detail
        }
    }

    private func run(_ body: @escaping @Sendable (Fixture) async throws -> Void) async throws {
        try await LoopKind.simulated.run { loop in try await body(Fixture(loop)) }
    }

    @Test func a_request_without_one_valid_token_is_refused() async throws {
        try await run { fixture in
            let token = fixture.token()
            #expect(fixture.refusal([("Sambal-Service-Token", token)]) == nil)
            #expect(fixture.refusal([])?.contains("ask the gateway") == true)
            #expect(fixture.refusal([("Sambal_Service_Token", token)]) != nil)
            #expect(fixture.refusal([("Authorization", "Bearer \(token)")]) != nil)
            #expect(fixture.refusal([("Sambal-Service-Token", token), ("sambal-service-token", token)]) != nil)
            #expect(fixture.refusal([("Sambal-Service-Token", "\(token), \(token)")]) != nil)
            #expect(fixture.refusal([("Sambal-Service-Token", fixture.token("payment"))])?.contains("another") == true)
            let words = fixture.metrics.render()
            #expect(words.contains(#"sambal_service_tokens_total{outcome="missing"} 3"#), "\(words)")
            #expect(words.contains(#"sambal_service_tokens_total{outcome="accepted"} 1"#))
            #expect(words.contains(#"sambal_service_tokens_total{outcome="audience"} 1"#))
        }
    }

    @Test func only_probes_and_paths_that_are_checked_by_the_service_need_none() async throws {
        try await run { fixture in
            for path in ["/livez", "/readyz", "/startupz", "/metrics", "/v1/refunds"] {
                let request = try fixture.admit([("Sambal-Caller", "root"), ("Sambal-Caller-Issuer", "i")], path: path)
                    .get()
                #expect(request.headers.fields.isEmpty && request.peer == nil)
            }
            for path in ["/", "/livez/", "/Livez", "//livez", "/%6Civez", "/openapi.json", "/v1", "/x/v1/refunds"] {
                #expect(fixture.refusal([], path: path) != nil, "\(path)")
            }
        }
    }

    @Test func the_caller_is_the_one_that_the_token_names() async throws {
        try await run { fixture in
            let fields = [
                ("Sambal-Caller", "anna"), ("Sambal-Caller-Issuer", "till"), ("Sambal-Caller-Roles", "customer"),
            ]
            let token = [("Sambal-Service-Token", fixture.token("order", Self.anna))]
            for sent in [token, token + fields, fields + token] {
                let request = try fixture.admit(sent).get()
                #expect(try Caller(request.headers) == Self.anna && request.peer == "gateway")
                #expect(request.headers["Sambal-Service-Token"] == nil)
            }
            let nobodys = [("Sambal-Service-Token", fixture.token())]
            #expect(try Caller(try fixture.admit(nobodys).get().headers) == nil)
            // Whoever has caught a token cannot say more by it than it says.
            for (sent, added) in [
                (nobodys, fields), (token, [("Sambal-Caller-Roles", "operator")]),
                (token, [fields[0], fields[1], ("Sambal-Caller-Roles", "operator")]),
                (token, [("Sambal-Caller", "root"), fields[1], fields[2]]),
                (token, fields + [("sambal-caller-roles", "operator")]),
            ] {
                #expect(fixture.refusal(sent + added)?.contains("another caller") == true, "\(added)")
            }
        }
    }

    @Test func refusals_are_logged_once_a_minute_and_without_the_token() async throws {
        try await run { fixture in
            let foreign = fixture.token("payment")
            for _ in 1...1000 { _ = fixture.admit([("Sambal-Service-Token", foreign)]) }
            #expect(fixture.sink.records.count == 1)
            try await fixture.loop.sleep(for: .seconds(61))
            _ = fixture.admit([])
            #expect(fixture.sink.records.count == 2)
            let words = fixture.sink.records.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n")
            #expect(words.contains("1000") && !words.contains(foreign.suffix(20)))
        }
    }

    /// A customer's request never turns into one of the service itself on its way to the next service.
    @Test func a_client_signs_for_the_caller_of_the_running_task() async throws {
        try await run { fixture in
            let transport = DirectTransport(loop: fixture.loop)
            let gate = fixture.gate
            transport.register("order") { request in
                switch gate.admit(request) {
                case .success(let request): .text("\(request.peer ?? "-") \(request.headers["Sambal-Caller"] ?? "-")")
                case .failure(let problem): problem.response()
                }
            }
            let plain = ServiceClient(name: "order", baseURL: "http://order", transport: transport)
            func signed(for audience: String) -> ServiceClient {
                plain.signed(
                    by: ServiceTokenMint(of: "cart", keys: fixture.keys, loop: fixture.loop), for: audience)
            }
            let client = signed(for: "order")
            func answer() async throws -> String {
                String(decoding: try await client.send(.get, "/orders").body, as: UTF8.self)
            }
            #expect(try await answer() == "cart -")
            #expect(try await Caller.acting(for: Self.anna) { try await answer() } == "cart anna")
            // A header that a handler has set does not outdo the caller of its request.
            let forged: Headers = ["Sambal-Caller": "root", "Sambal-Caller-Issuer": "till"]
            let response = try await Caller.acting(for: Self.anna) {
                try await client.send(.get, "/orders", headers: forged)
            }
            #expect(String(decoding: response.body, as: UTF8.self) == "cart anna")
            // A refusal is no answer of the service: it has done nothing.
            for refused in [plain, signed(for: "payment")] {
                let error = await #expect(throws: TransportError.self) { try await refused.send(.get, "/orders") }
                #expect(error?.code == .unreachable && error?.message.contains("order does not accept") == true)
            }
            let half: Headers = ["Sambal-Caller": "root"]
            let error = await #expect(throws: TransportError.self) {
                try await client.send(.get, "/orders", headers: half)
            }
            #expect(error?.code == .malformed)
        }
    }
}
