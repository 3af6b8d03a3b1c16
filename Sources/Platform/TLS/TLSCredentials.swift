public import Kernel
import Synchronization

/// The certificate that a listener shows to new connections, replaced while it listens. Connections that are open keep
/// theirs, so that none ends by a change.
public final class TLSCredentials: Sendable {
    private struct State {
        var settings: TLSSettings
        var context: TLSContext
    }
    private let state: Mutex<State>

    /// Reads and checks the files. A certificate that is not valid now is taken all the same: a shop that does not start
    /// would help nobody. `problem(at:)` tells.
    public init(_ settings: TLSSettings) throws(TLSError) {
        state = Mutex(State(settings: settings, context: try TLSContext(settings)))
    }

    public var settings: TLSSettings { state.withLock { $0.settings } }
    /// The name of the certificate's owner, as OpenSSL writes it in one line.
    public var subject: String { state.withLock { $0.context.subject } }
    public var validUntil: Timestamp { state.withLock { $0.context.validUntil } }

    /// Says that the certificate is not valid at `time`; `nil` if it is.
    public func problem(at time: Timestamp) -> String? {
        state.withLock { Self.problem(of: $0.context, $0.settings, at: time) }
    }

    /// Reads the files again, perhaps others, and shows their certificate to connections from now on. Throws if they cannot
    /// be used, or if the certificate is not valid at `time`; then nothing has changed. It blocks, and may be called on
    /// any thread.
    public func replace(_ settings: TLSSettings, at time: Timestamp) throws(TLSError) {
        let context = try TLSContext(settings)
        if let problem = Self.problem(of: context, settings, at: time) { throw TLSError(.notValidNow, problem) }
        state.withLock { $0 = State(settings: settings, context: context) }
    }

    /// Lets tickets that were given to clients end. To be called a few times a day, on the thread of the connections: a
    /// ticket's key can read what was sent under the tickets of TLS 1.2.
    public func replaceTicketKeys() { state.withLock { $0.context }.replaceTicketKeys() }

    /// The server's side of a connection; `nil` if memory is short.
    package func makeSession(on socket: Int32) -> TLSSession? {
        TLSSession(state.withLock { $0.context }, socket: socket)
    }

    private static func problem(of context: TLSContext, _ settings: TLSSettings, at time: Timestamp) -> String? {
        if time >= context.validUntil { return "\(settings.certificate) has expired at \(context.validUntil)" }
        return time < context.validFrom ? "\(settings.certificate) is not valid before \(context.validFrom)" : nil
    }
}
