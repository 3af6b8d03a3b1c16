public import HTTP
public import Kernel
public import Messaging
public import Storage
public import Telemetry

/// What the composition root chose for this process: the loop, the event log, and how databases, listeners and peers
/// are made. A service never sees which.
public struct HostResources: Sendable {
    public var loop: any Loop
    public var log: Logger
    public var eventLog: any EventLog
    /// How often an event that fails is tried again before it is set aside.
    public var eventRetries: Int
    /// Opens the database of the service with that name.
    public var openDatabase: @Sendable (String) async throws -> any Database
    /// Makes what listens for the service with that name; `nil` where nothing should.
    public var listener: @Sendable (String, ListenerOptions) throws -> (any Listener)?
    /// How a service is called.
    public var peer: @Sendable (String) -> Peer
    /// Sends to whom the shop does not run itself, a payment provider for example.
    public var outside: any Transport
    /// A secret that two sides share, by name.
    public var secret: @Sendable (String) throws -> String
    /// A folder of the service's own for files, by name.
    public var folder: @Sendable (String) throws -> String
    /// Makes the service reachable inside the process, or not any more.
    public var register: @Sendable (String, (@Sendable (Request) async -> Response)?) -> Void

    public init(
        loop: any Loop, log: Logger, eventLog: any EventLog, eventRetries: Int = Consumer.standardRetries,
        openDatabase: @escaping @Sendable (String) async throws -> any Database,
        listener: @escaping @Sendable (String, ListenerOptions) throws -> (any Listener)?,
        peer: @escaping @Sendable (String) -> Peer, outside: any Transport,
        secret: @escaping @Sendable (String) throws -> String,
        folder: @escaping @Sendable (String) throws -> String,
        register: @escaping @Sendable (String, (@Sendable (Request) async -> Response)?) -> Void
    ) {
        self.loop = loop
        self.log = log
        self.eventLog = eventLog
        self.eventRetries = eventRetries
        self.openDatabase = openDatabase
        self.listener = listener
        self.peer = peer
        self.outside = outside
        self.secret = secret
        self.folder = folder
        self.register = register
    }
}

/// What a listener serves.
public struct ListenerOptions: Sendable {
    public let respond: @Sendable (Request) async -> Response
    public let metrics: MetricsRegistry
    /// Where it listens by TLS too; `nil` of a listener of plain HTTP only.
    public let secure: ServiceParts.SecureListener?
}

/// Takes requests from outside of the process.
public protocol Listener: Sendable {
    /// Where callers reach it, for example `http://127.0.0.1:8084`.
    var address: String { get }
    /// Throws where the port is taken.
    func start() throws
    /// Takes no new requests, lets those in flight end within `grace`, then closes.
    func stop(grace: Duration) async
}
