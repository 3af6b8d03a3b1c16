public import HTTP
public import Kernel
public import Messaging
public import Storage
public import Telemetry

/// The composition root's choices for this process: the loop, the event log, and the factories of databases, listeners
/// and clients. Services do not see which implementations they get.
public struct HostResources: Sendable {
    public var loop: any Loop
    public var log: Logger
    public var eventLog: any EventLog
    /// How often a failed event is retried before it becomes a dead letter.
    public var eventRetries: Int
    /// Opens the database of the service with that name.
    public var openDatabase: @Sendable (String) async throws -> any Database
    /// Makes the listener of the service with that name; `nil` if it should not listen.
    public var listener: @Sendable (String, ListenerOptions) throws -> (any Listener)?
    /// Makes the client of the service with that name.
    public var client: @Sendable (String) -> ServiceClient
    /// Sends to systems outside of the shop, for example a payment provider.
    public var externalTransport: any Transport
    /// Returns a shared secret by its name.
    public var secret: @Sendable (String) throws -> String
    /// Returns the path of a folder for files by its name.
    public var folder: @Sendable (String) throws -> String
    /// Registers a service for calls within the process; `nil` removes it.
    public var register: @Sendable (String, (@Sendable (Request) async -> Response)?) -> Void

    public init(
        loop: any Loop, log: Logger, eventLog: any EventLog, eventRetries: Int = Consumer.defaultRetries,
        openDatabase: @escaping @Sendable (String) async throws -> any Database,
        listener: @escaping @Sendable (String, ListenerOptions) throws -> (any Listener)?,
        client: @escaping @Sendable (String) -> ServiceClient, externalTransport: any Transport,
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
        self.client = client
        self.externalTransport = externalTransport
        self.secret = secret
        self.folder = folder
        self.register = register
    }
}

/// The handler and the metrics of a listener.
public struct ListenerOptions: Sendable {
    public let respond: @Sendable (Request) async -> Response
    public let metrics: MetricsRegistry
    /// Where it listens by TLS too; `nil` of a listener of plain HTTP only.
    public let secure: ServiceParts.SecureListener?
    /// Whether `respond` takes long bodies in pieces; see `ServiceParts.largestStream`.
    public let largestStream: (@Sendable () -> Int)?
}

/// Accepts requests from outside of the process.
public protocol Listener: Sendable {
    /// The address at which callers reach it, for example `http://127.0.0.1:8084`.
    var address: String { get }
    /// Throws if the port is in use.
    func start() throws
    /// Accepts no new requests, waits at most `grace` for those in flight, then closes.
    func stop(grace: Duration) async
}
