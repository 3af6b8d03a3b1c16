import FoundationEssentials
public import HTTP
public import Kernel
public import Saga

/// A saga gone through by hand, without input or output: what it asks is looked at, what it is told is given.
///
///     var script = SagaScript(definition, State())
///     #expect(script.asks == "PUT /reservations/ORD-1")
///     script.answer(201, #"{"orderId": "ORD-1"}"#)
public struct SagaScript<State: SagaState> {
    public let definition: SagaDefinition<State>
    public private(set) var saga: SagaInstance<State>
    public private(set) var now = Timestamp(milliseconds: 1_767_225_600_000)
    /// All calls so far, each time they were made.
    public private(set) var calls: [String] = []

    public init(_ definition: SagaDefinition<State>, _ state: State) {
        self.definition = definition
        saga = SagaInstance(id: "S-1", state: state, definition: definition, at: now)
        saga.skipIdleSteps(in: definition, at: now)
    }

    public var status: SagaStatus { saga.status }
    public var state: State { saga.state }
    public var call: SagaCall? { saga.call(in: definition) }

    /// What it asks now: method and path.
    public var asks: String? { call.map { "\($0.method.rawValue) \($0.path)" } }

    public var isDue: Bool { saga.dueAt.map { $0 <= now } ?? false }

    public mutating func answer(_ status: Int, _ body: String = "", headers: Headers = Headers()) {
        receive(.response(Response(status: status, headers: headers, body: .init(body.utf8))))
    }

    public mutating func fail(_ code: TransportError.Code = .timedOut) {
        receive(.failure(TransportError(code, "no answer")))
    }

    public mutating func signal(_ change: (inout State) -> Void) { saga.signal(in: definition, at: now, change) }

    public mutating func pass(_ duration: Duration) { now = now + duration }

    public mutating func timeOut() { saga.timeOut(in: definition, at: now) }

    public mutating func retry() -> Bool { saga.retry(at: now) }
    public mutating func resume() -> Bool { saga.resume(in: definition, at: now) }
    public mutating func compensate() -> Bool { saga.compensate(reason: "by hand", in: definition, at: now) }

    private mutating func receive(_ reply: SagaReply) {
        if let asks { calls.append(asks) }
        saga.receive(reply, in: definition, at: now)
    }
}
