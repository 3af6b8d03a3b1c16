public import HTTP
public import TLS

/// What a service is made of once its context is there.
public struct ServiceParts: Sendable {
    /// Something that runs as long as the service does; returning early is a failure.
    public struct Background: Sendable {
        public let name: String
        public let run: @Sendable () async throws -> Void

        public init(_ name: String, run: @escaping @Sendable () async throws -> Void) {
            self.name = name
            self.run = run
        }
    }
    /// Listens by TLS too.
    public struct SecureListener: Sendable {
        public let port: Int
        public let credentials: TLSCredentials

        public init(port: Int, credentials: TLSCredentials) {
            self.port = port
            self.credentials = credentials
        }
    }
    /// Takes a request before the service's routes do. `own` answers by those.
    public typealias Intake =
        @Sendable (Request, _ own: @escaping @Sendable (Request) async -> Response) async -> Response

    public var routes: [Route]
    /// `nil` of a service that speaks plain HTTP only.
    public var secureListener: SecureListener?
    /// Takes every request, where the service decides by more than method and path.
    public var intake: Intake?
    /// Takes over the settings of another definition of the same service while this one runs. Throws where it cannot; then
    /// nothing has changed.
    public var takeOver: (@Sendable (any ServiceDefinition) throws -> Void)?
    public var handlers: [EventSubscription]
    public var background: [Background]
    public var sagas: [SagaOutline]
    /// What its handlers belong to, where they only build rows from events.
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

    /// Of a service that only builds rows from events, and can build them anew.
    public init(routes: [Route], readModel: ReadModel) {
        self.routes = routes
        self.readModel = readModel
        handlers = readModel.handlers[0]
        background = []
        sagas = []
    }
}
