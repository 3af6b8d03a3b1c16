public import HTTP
public import TLS

/// The parts of a service, made with its environment: routes, subscriptions and background work.
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
    /// Applies the settings of another definition of the same service while it runs. If it throws, nothing has changed.
    public var takeOver: (@Sendable (any ServiceDefinition) async throws -> Void)?
    public var handlers: [EventSubscription]
    public var background: [Background]
    public var sagas: [SagaOutline]
    /// The read model of the service; `nil` if its handlers do more than build rows from events.
    public let readModel: ReadModel?

    public init(
        routes: [Route], handlers: [EventSubscription] = [], background: [Background] = [], sagas: [SagaOutline] = []
    ) {
        self.routes = routes
        self.handlers = handlers
        self.background = background
        self.sagas = sagas
        readModel = nil
    }

    /// Makes the parts of a service that only builds rows from events, and can rebuild them.
    public init(routes: [Route], readModel: ReadModel) {
        self.routes = routes
        self.readModel = readModel
        handlers = readModel.handlers[0]
        background = []
        sagas = []
    }
}
