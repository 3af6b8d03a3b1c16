/// What a client bears and how long it waits.
public struct HTTPClientOptions: Sendable {
    /// For a connection to come about; also bounded by each request's own time-out.
    public var connectTimeout: Duration = .seconds(2)
    /// Bytes of an answer's body; beyond it the request fails as too large.
    public var maximumResponse = 16 << 20
    /// Bytes of an answer's header fields.
    public var maximumResponseHeader = 64 << 10
    /// Requests under way at once; others wait.
    public var maximumConcurrent = 256
    /// Requests that may wait; others fail as unreachable.
    public var maximumWaiting = 4096
    /// Idle connections kept for reuse.
    public var maximumIdleConnections = 64
    /// A connection idle for longer is not used again. Shorter than what servers allow, or a request now and then meets
    /// a connection that its server is just closing.
    public var maximumIdleTime: Duration = .seconds(30)
    /// Talks HTTP over this Unix socket, whatever host the URL names: for control interfaces.
    public var unixSocket: String?

    public init() {}
}
