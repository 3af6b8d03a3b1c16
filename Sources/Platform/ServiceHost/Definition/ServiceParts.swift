public import HTTP
public import TLS

/// The parts of a service that runs: routes, subscriptions and background work, bound to the objects that do the work.
public struct ServiceParts: Sendable {
    /// Background work, which runs as long as the service. To return early is a failure.
    public struct Background: Sendable {
        public let name: String
        public let run: @Sendable () async throws -> Void

        public init(_ name: String, run: @escaping @Sendable () async throws -> Void) {
            self.name = name
            self.run = run
        }
    }
    /// A second listener of the service, which speaks TLS.
    public struct SecureListener: Sendable {
        public let port: Int
        public let credentials: TLSCredentials

        public init(port: Int, credentials: TLSCredentials) {
            self.port = port
            self.credentials = credentials
        }
    }

    /// Handles a request before the service's routes; `own` answers by the routes.
    public typealias Intake =
        @Sendable (Request, _ own: @escaping @Sendable (Request) async -> Response) async -> Response

    public var routes: [Route]
    /// `nil` if the service speaks plain HTTP only.
    public var secureListener: SecureListener?
    /// Handles every request, if the service decides by more than method and path.
    public var intake: Intake?
    /// Lets the intake get long bodies in pieces, while they come. It returns the bytes that the longest may have; 0 for those
    /// that every body may have.
    public var largestStream: (@Sendable () -> Int)?
    /// Applies the settings of another definition of the same service while it runs. If it throws, nothing has changed.
    public var takeOver: (@Sendable (any ServiceDefinition) async throws -> Void)?
    public var handlers: [EventSubscription]
    public var background: [Background]
    /// The read model of the service; `nil` if its handlers do more than build rows from events.
    let readModel: ReadModel?

    public init(
        routes: [Route] = [], handlers: [EventSubscription] = [], background: [Background] = []
    ) {
        self.routes = routes
        self.handlers = handlers
        self.background = background
        readModel = nil
    }

    init(readModel: ReadModel?) {
        self.readModel = readModel
        (routes, handlers, background) = ([], [], [])
    }
}
