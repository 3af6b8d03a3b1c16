public import HTTP

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
    public var routes: [Route]
    public var handlers: [EventSubscription]
    public var background: [Background]
    public var sagas: [SagaOutline]

    public init(
        routes: [Route], handlers: [EventSubscription] = [], background: [Background] = [], sagas: [SagaOutline] = []
    ) {
        self.routes = routes
        self.handlers = handlers
        self.background = background
        self.sagas = sagas
    }
}
