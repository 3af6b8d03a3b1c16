public import FoundationEssentials
import Kernel
import Synchronization

/// A body that is passed on in pieces: one side offers them, the other takes them, and neither gets far ahead of the
/// other. Whoever offers stops when there is no room; whoever takes waits when there is nothing.
///
/// A body that is cut off is never mistaken for a whole one: it ends with an error, also if its length is known and
/// other bytes come than it says. Both sides may be on any thread.
public final class BodyStream: Sendable {
    /// Bytes that are held before whoever offers more has to wait.
    public static let capacity = 64 << 10

    /// How it ended.
    public enum Result: Sendable {
        /// All of it was taken.
        case completed
        /// It was cut off by the side that offers.
        case failed(TransportError)
        /// The side that takes wants no more.
        case cancelled
    }

    /// The next step of the side that takes.
    public enum Step: Sendable {
        case bytes(Data)
        /// Nothing has come yet: see `whenReadable`.
        case empty
        case ended
        case failed(TransportError)
    }
    typealias Action = @Sendable () -> Void

    /// How many bytes it will have; `nil` if that is not known before its end.
    public let length: Int?
    /// Room for whoever collects it whole; `nil` if that is not counted.
    let allowance: BodyAllowance?
    let state: Mutex<BodyStreamState>

    public init(length: Int? = nil, maximum: Int? = nil, allowance: BodyAllowance? = nil) {
        self.length = length
        self.allowance = allowance
        state = Mutex(BodyStreamState(length: length, maximum: maximum))
    }

    // MARK: The side that offers

    /// Adds bytes, also if there is no room; `false` if no more should follow until there is.
    @discardableResult
    public func offer(_ bytes: Data) -> Bool { change { $0.offer(bytes) } }

    /// Says that this was all. Of a body whose length is known, and that is shorter, it says that it was cut off.
    public func finish() { change { $0.finish() } }

    /// Says that the rest will not come.
    public func fail(_ error: TransportError) { change { $0.fail(error) } }

    /// Whether bytes may follow now.
    public var hasRoom: Bool { state.withLock { $0.hasRoom } }

    /// Calls the action once there is room, or nobody takes any more: at once if that is so already. It replaces the
    /// action before.
    public func whenWritable(_ action: @escaping @Sendable () -> Void) { change { $0.whenWritable(action) } }

    /// Calls the action when somebody begins to take it.
    public func whenBegun(_ action: @escaping @Sendable () -> Void) { change { $0.whenBegun(action) } }

    /// Calls the action when the other side asks for an end: a server that stops.
    public func whenAskedToEnd(_ action: @escaping @Sendable () -> Void) { change { $0.whenAskedToEnd(action) } }

    /// Adds bytes once there is room. Throws if nobody takes them any more.
    public func write(_ bytes: Data) async throws(TransportError) {
        while true {
            if isOver { throw Self.abandoned }
            if hasRoom { break }
            try await wait { whenWritable($0) }
        }
        offer(bytes)
        if isCancelled { throw Self.abandoned }
    }

    private static let abandoned = TransportError(.cancelled, "Nobody takes the rest of the body")

    // MARK: The side that takes

    /// The next bytes, if they have come.
    public func take() -> Step { change { $0.take() } }

    /// Calls the action once `take` has more to tell: at once if that is so already. It replaces the action before.
    public func whenReadable(_ action: @escaping @Sendable () -> Void) { change { $0.whenReadable(action) } }

    /// Says that nobody takes the rest.
    public func cancel() { change { $0.cancel() } }

    /// Asks the other side to come to an end, because this one will soon.
    public func askToEnd() { change { $0.askToEnd() } }

    /// Lets it have so many bytes at most; whoever begins to take a larger one learns that it is too large. `false` if that
    /// is known already.
    @discardableResult
    public func limit(to maximum: Int) -> Bool { change { $0.limit(to: maximum) } }

    /// The bytes that it may have; `nil` if nothing bounds it.
    public var maximum: Int? { state.withLock { $0.maximum } }

    /// The next bytes, as soon as they come; `nil` at the end. Throws if it was cut off, and if the task is cancelled.
    public func next() async throws(TransportError) -> Data? {
        while true {
            switch take() {
            case .bytes(let bytes): return bytes
            case .ended: return nil
            case .failed(let error): throw error
            case .empty: try await wait { whenReadable($0) }
            }
        }
    }

    /// All of it. Throws if it is larger than `maximum` or there is no room for it, and then nobody takes the rest.
    public func collect(atMost maximum: Int) async throws(TransportError) -> Data {
        var body = Data()
        while let bytes = try await next() {
            guard body.count + bytes.count <= maximum else {
                cancel()
                throw TransportError(.tooLarge, "The body is larger than \(maximum) bytes")
            }
            guard allowance?.take(bytes.count) ?? true else {
                cancel()
                throw TransportError(.cancelled, "Too many bodies are on their way")
            }
            body.append(bytes)
        }
        return body
    }

    // MARK: Both

    /// Whether somebody has begun to take it: then it cannot be sent to anybody else.
    public var hasBegun: Bool { state.withLock { $0.hasBegun } }
    /// Whether nothing more is taken in: the offering side has ended, or nobody takes the rest.
    public var isOver: Bool { state.withLock { $0.isOver } }
    public var isCancelled: Bool { state.withLock { $0.isCancelled } }
    /// Bytes that were taken.
    public var taken: Int { state.withLock { $0.taken } }
    /// Why it was cut off; `nil` if it was not.
    public var failure: TransportError? { state.withLock { $0.failure } }

    /// Calls the action with how it ended, once: at once if it has ended already.
    public func whenOver(_ action: @escaping @Sendable (Result) -> Void) { change { $0.whenOver(action) } }

    /// Changes the state, then does outside of the lock what follows.
    private func change<Value: Sendable>(_ body: @Sendable (inout BodyStreamState) -> Value) -> Value {
        let (value, actions) = state.withLock { state in
            let value = body(&state)
            return (value, state.takeActions())
        }
        for action in actions { action() }
        return value
    }

    private func wait(_ register: (@escaping Action) -> Void) async throws(TransportError) {
        let shot = OneShot<Bool>()
        register { shot.give(true) }
        guard await shot.value(ifCancelled: false) else { throw TransportError(.cancelled, "The task was cancelled") }
    }
}
