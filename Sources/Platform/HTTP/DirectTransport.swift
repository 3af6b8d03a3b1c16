import FoundationEssentials
public import Kernel
import Synchronization

/// Calls between services of one process, straight to the other's handler: the same bytes in and out as over a socket,
/// and the same errors.
///
/// As over a socket, a caller that gives up (timeout, cancellation) does not stop a request that may change something:
/// the other side may yet act on it. One that only reads is broken off.
public final class DirectTransport: Transport {
    public typealias Handler = @Sendable (Request) async -> Response

    /// Bytes of a body in pieces that nothing else bounds.
    fileprivate static let maximumBody = 16 << 20
    private let loop: any Loop
    private let handlers = Mutex<[String: Handler]>([:])

    /// Handlers and timeouts run on `loop`.
    public init(loop: any Loop) {
        self.loop = loop
    }

    /// Lets requests to `authority` (`payment`, or `127.0.0.1:8085`, as it stands in the URL) go to `handler`.
    public func register(_ authority: String, handler: @escaping Handler) {
        handlers.withLock { $0[authority] = handler }
    }

    public func register(_ authority: String, router: Router) {
        register(authority) { await router.respond(to: $0) }
    }

    /// From now on the authority is unreachable: as a service that went down.
    public func unregister(_ authority: String) {
        handlers.withLock { $0[authority] = nil }
    }

    public func send(_ request: OutboundRequest) async throws(TransportError) -> Response {
        guard let url = RequestURL(request.url) else {
            throw TransportError(.malformed, "\(request.url) is no URL")
        }
        guard let handler = handlers.withLock({ $0[String(url.authority)] }) else {
            throw TransportError(.unreachable, "There is no service at \(url.authority)")
        }
        let received = Request(url: url, request)
        let call = DirectCall()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard call.begin(continuation) else { return }
                let limitTime = { @Sendable [loop] in
                    loop.schedule(after: request.timeout) {
                        let words = "\(request.method) \(request.url): no answer within \(request.timeout)"
                        call.finish(.failure(TransportError(.timedOut, words)))
                    }
                }
                // The time in which a client sends the body is not the handler's: its server bounds it.
                let early = received.stream == nil ? limitTime() : nil
                let work = loop.start {
                    let whole: Request
                    do throws(TransportError) {
                        whole = try await received.collected()
                    } catch {
                        guard received.stream?.allowance?.wasRefused == true else {
                            return call.finish(.failure(error))
                        }
                        let words = "Too many bodies are on their way to this server"
                        let problem = Problem.unavailable(words, dependency: "memory")
                        return call.finish(.success(problem.response(instance: received.path)))
                    }
                    let limit = early ?? limitTime()
                    var response = await handler(whole)
                    if received.method == .head {
                        // As a server on a socket says it.
                        let length =
                            response.omittedBody.map(\.length) ?? response.stream.map(\.length) ?? response.body.count
                        response.headers["Content-Length"] = length.map { String($0) }
                        response.body = Data()
                        response.stream?.cancel()
                        response.stream = nil
                    }
                    limit.cancel()
                    call.finish(.success(response))
                }
                // Otherwise owned by nobody on purpose: what may change something does not end when nobody listens.
                if request.method.isSafe { call.keep(work) }
            }
        } onCancel: {
            call.finish(.failure(TransportError(.cancelled, "The task was cancelled")))
        }
        return try result.get()
    }
}

extension Request {
    fileprivate init(url: RequestURL, _ request: OutboundRequest) {
        var headers = request.headers
        if headers["Host"] == nil { headers["Host"] = String(url.authority) }
        if !request.body.isEmpty { headers["Content-Length"] = String(request.body.count) }
        self.init(
            method: request.method, path: url.path, rawQuery: url.query, headers: headers, body: request.body)
        stream = request.stream
    }

    /// The request with its whole body: services read no bodies in pieces, over a socket neither.
    fileprivate func collected() async throws(TransportError) -> Request {
        guard let stream else { return self }
        var request = self
        request.body = try await stream.collect(atMost: stream.maximum ?? DirectTransport.maximumBody)
        request.stream = nil
        request.headers["Content-Length"] = String(request.body.count)
        return request
    }
}

/// Resumes the caller once, with whatever comes first.
private final class DirectCall: Sendable {
    typealias Outcome = Result<Response, TransportError>
    private enum State {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        case finished(Outcome)
    }
    private let state = Mutex(State.new)
    private let work = Mutex<Task<Void, Never>?>(nil)

    /// Work that ends when the caller gives up.
    func keep(_ task: Task<Void, Never>) {
        work.withLock { $0 = task }
        if case .finished(.failure) = state.withLock({ $0 }) { task.cancel() }
    }

    /// `false` when it was finished before: then nothing is to be sent.
    func begin(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let outcome = state.withLock { state -> Outcome? in
            if case .finished(let outcome) = state { return outcome }
            state = .waiting(continuation)
            return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
        return outcome == nil
    }

    func finish(_ outcome: Outcome) {
        let (continuation, isLate) = state.withLock { state -> (CheckedContinuation<Outcome, Never>?, Bool) in
            switch state {
            case .finished: return (nil, true)
            case .new:
                state = .finished(outcome)
                return (nil, false)
            case .waiting(let continuation):
                state = .finished(outcome)
                return (continuation, false)
            }
        }
        if isLate, case .success(let response) = outcome { response.stream?.cancel() }
        if case .failure = outcome { work.withLock { $0 }?.cancel() }
        continuation?.resume(returning: outcome)
    }
}
