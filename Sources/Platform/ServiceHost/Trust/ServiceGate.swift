import HTTP
import Kernel
import Synchronization
import Telemetry
import Tokens

/// Stands before a service's port, and lets through the requests of the shop's own services.
final class ServiceGate: Sendable {
    /// The header field that carries a service's token.
    static let field = "Sambal-Service-Token"
    /// The scheme of the challenge in a 401, by which a service knows that its request was not looked at.
    static let challenge = "Sambal-Service"
    /// Paths of probes and figures, which ask nobody.
    private static let open: Set<String> = ["/livez", "/readyz", "/startupz", "/metrics"]
    private static let logInterval = Duration.seconds(60)

    private let service: String
    private let verifier: ServiceTokenVerifier
    /// Beginnings of paths whose requests are checked by the service itself.
    private let selfCheckedPaths: [String]
    private let loop: any Loop
    private let log: Logger
    private let outcomes: MetricFamily<Counter>
    private let refusals = Mutex<(count: Int, nextLine: Duration)>((0, .zero))

    init(
        _ service: String, keys: ServiceKeys, selfCheckedPaths: [String], loop: any Loop, log: Logger,
        metrics: MetricsRegistry
    ) {
        self.service = service
        self.selfCheckedPaths = selfCheckedPaths
        self.loop = loop
        self.log = log
        verifier = ServiceTokenVerifier(for: service, keys: keys, loop: loop)
        outcomes = metrics.counter(
            "sambal_service_tokens_total",
            help: "Requests to the service's port by what became of their service token: accepted, or why not.",
            labels: ["outcome"])
    }

    /// Returns the request with the caller that its token names, in place of whatever its fields said, or the refusal.
    func admit(_ request: Request) -> Result<Request, Problem> {
        var request = request
        let tokens = request.headers.all(Self.field)
        request.headers[Self.field] = nil
        if Self.open.contains(request.path) || selfCheckedPaths.contains(where: request.path.hasPrefix) {
            Caller.remove(from: &request.headers)
            return .success(request)
        }
        do throws(TokenFault) {
            guard let text = tokens.first else {
                return .failure(
                    refused(
                        "missing",
                        "This port answers the shop's own services only, which sign their requests; ask the gateway"))
            }
            guard tokens.count == 1 else { return .failure(refused("malformed", "The request has two service tokens")) }
            let token = try verifier.verify(text)
            let caller = token.caller.map { Caller(subject: $0.subject, issuer: $0.issuer, roles: $0.roles) }
            guard agree(request.headers, caller) else {
                return .failure(
                    refused("caller", "The fields \(Caller.Field.subject)… name another caller than the service token"))
            }
            Caller.remove(from: &request.headers)
            caller?.write(to: &request.headers)
            request.peer = token.service
            outcomes.labelled("accepted").increment()
            return .success(request)
        } catch {
            return .failure(refused(error.code.rawValue, error.message))
        }
    }

    /// Whether the fields say nothing, or what the token says.
    private func agree(_ headers: Headers, _ caller: Caller?) -> Bool {
        do throws(Problem) {
            guard let named = try Caller(headers) else { return true }
            return named == caller
        } catch {
            return false
        }
    }

    /// Counts each refusal, and logs one line a minute at most: whoever has no token could fill the disk otherwise.
    private func refused(_ outcome: String, _ detail: String) -> Problem {
        outcomes.labelled(outcome).increment()
        let now = loop.uptime
        let count = refusals.withLock { refusals -> Int? in
            refusals.count += 1
            guard now >= refusals.nextLine else { return nil }
            defer { refusals = (0, now + Self.logInterval) }
            return refusals.count
        }
        if let count {
            log.warning(
                "requests without a valid service token are refused",
                metadata: [
                    "reason": .string(detail), "requests": .integer(Int64(count)),
                    "see": "docs/access.md#between-services",
                ])
        }
        var problem = Problem(status: 401, detail: detail)
        problem.headers["WWW-Authenticate"] = "\(Self.challenge) realm=\"sambal\""
        // While a shop is brought to tokens, instance by instance, a saga of an earlier version must try again, and not take
        // this for a decision.
        problem.headers["Retry-After"] = "1"
        return problem
    }

    /// Whether an answer is a gate's refusal: then the request had no effect.
    static func isRefusal(_ response: Response) -> Bool {
        response.status == 401 && response.headers["WWW-Authenticate"]?.hasPrefix(challenge) == true
    }
}
