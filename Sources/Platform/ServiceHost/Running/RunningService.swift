import HTTP
import Kernel
public import Messaging
import Storage
import Synchronization
import Telemetry

/// A running service: its database, listener, relay, consumer and background work, which start and stop together.
public final class RunningService: Sendable {
    public let definition: any ServiceDefinition
    let resources: HostResources
    let log: Logger
    let metrics = MetricsRegistry()
    let inFlight = InFlight()
    private let life = Mutex(Life())

    struct Life {
        var state = ServiceState.stopped
        var isBeingStopped = false
        var database: (any Database)?
        var probes: [DependencyProbe] = []
        var listener: (any Listener)?
        var relay: Relay?
        var consumer: Consumer?
        var keeper: ReadModelKeeper?
        var takeOver: (@Sendable (any ServiceDefinition) async throws -> Void)?
        var work: Task<Void, Never>?
    }

    init(_ definition: any ServiceDefinition, resources: HostResources) {
        self.definition = definition
        self.resources = resources
        log = resources.log.named(Self.name(of: definition))
        ProcessCollector.register(in: metrics)
        countCommits()
        countRelayed()
    }

    public var name: String { Self.name(of: definition) }
    public var state: ServiceState { life.withLock { $0.state } }
    /// The address at which callers reach the service while it runs.
    public var address: String? { life.withLock { $0.listener?.address } }

    private static func name(of definition: any ServiceDefinition) -> String { type(of: definition).name }

    /// Starts the parts in order: the database, then the consumer and the relay, then the listener.
    public func start() async throws {
        let mayStart = life.withLock { life in
            guard life.state == .stopped else { return false }
            life.state = .starting
            return true
        }
        guard mayStart else { return }
        do {
            try await bringUp()
            life.withLock { $0.state = .ready }
            log.debug("ready")
        } catch {
            await bringDown(grace: .zero).value
            throw error
        }
    }

    /// Reports the service as not ready, so that load balancers send requests elsewhere. Requests that arrive are still
    /// answered.
    public func announceStop() {
        life.withLock { if $0.state == .ready { $0.state = .stopping } }
    }

    /// Stops the service: reports it as not ready, takes no new requests, waits at most `grace` for those in flight,
    /// then ends the background work and closes the database.
    public func stop(grace: Duration = .seconds(10)) async {
        await beginStop(grace: grace)?.value
    }

    /// Stops the service, and returns before it has stopped where its background work takes long to end: the task that is
    /// returned ends then. `nil` if the service does not run, or is being stopped already.
    func beginStop(grace: Duration) async -> Task<Void, Never>? {
        let mayStop = life.withLock { life in
            guard life.state == .ready || life.state == .stopping, !life.isBeingStopped else { return false }
            life.state = .stopping
            life.isBeingStopped = true
            return true
        }
        return mayStop ? await bringDown(grace: grace) : nil
    }

    private func bringUp() async throws {
        let kind = type(of: definition).kind
        var database: (any Database)?
        var keepsPublished = false
        if kind.hasDatabase {
            let opened = try await resources.openDatabase(name)
            life.withLock { $0.database = opened }
            try await opened.migrate(type(of: definition).migrations)
            keepsPublished = try await preparePlatformCollections(of: opened)
            let watched = WatchedDatabase(base: opened, health: StorageHealth(metrics: metrics, log: log))
            let probes = makeProbes(watched)
            life.withLock { $0.probes = probes }
            database = try await makeAudited(watched, on: opened)
        }
        let (context, relay) = makeContext(database, keepsPublished: keepsPublished)
        let parts = try definition.assembled(context)
        let keeper = try await makeKeeper(parts.readModel, database: database)
        let consumer =
            keeper == nil && !parts.handlers.isEmpty
            ? database.map { makeConsumer(parts.handlers, group: name, database: $0) } : nil
        life.withLock { ($0.consumer, $0.keeper) = (consumer, keeper) }
        let operating = makeOperatorRoutes(hears: !parts.handlers.isEmpty && database != nil, keeper, database)
        let respond = try makeResponder(parts.routes + operating, intake: parts.intake)
        let listener = try resources.listener(
            name,
            ListenerOptions(
                respond: respond, metrics: metrics, secure: parts.secureListener, largestStream: parts.largestStream))
        try listener?.start()
        resources.register(name, respond)
        observe(relay)
        if !parts.handlers.isEmpty { observeConsumer() }
        let work = resources.loop.start { [self] in
            await withDiscardingTaskGroup { group in
                if let relay { group.addTask { await self.keepRunning("relay") { await relay.run() } } }
                if let consumer {
                    group.addTask { await self.keepRunning("consumer") { try await self.deliver(to: consumer) } }
                }
                if let keeper {
                    group.addTask {
                        await self.keepRunning("read model") {
                            try await keeper.run { consumer in
                                await self.keepRunning("consumer") { try await self.deliver(to: consumer) }
                            }
                        }
                    }
                }
                for part in parts.background { group.addTask { await self.keepRunning(part.name, part.run) } }
            }
        }
        life.withLock { life in
            life.listener = listener
            life.work = work
            life.relay = relay
            life.takeOver = parts.takeOver
        }
    }

    /// Applies the settings of another definition of the service without ending any request. Returns `false` if the
    /// service does not run, or needs a restart for them.
    public func takeOver(_ definition: any ServiceDefinition) async throws -> Bool {
        guard let takeOver = life.withLock({ $0.takeOver }) else { return false }
        try await takeOver(definition)
        return true
    }

    /// Background work usually ends at once, and then before this returns: a service that is stopped calls no other.
    private func bringDown(grace: Duration) async -> Task<Void, Never> {
        let (listener, work, database) = life.withLock { ($0.listener, $0.work, $0.database) }
        let end = resources.loop.uptime + grace
        resources.register(name, nil)
        // Long scans would delay the stop; their callers are told to ask again.
        database?.endScans()
        await listener?.stop(grace: grace)
        // Calls within this process do not pass the listener.
        await inFlight.drain(within: max(.zero, end - resources.loop.uptime), on: resources.loop)
        work?.cancel()
        let hasEnded = Signal()
        let ending = resources.loop.start { [self] in
            await work?.value
            await database?.close()
            life.withLock { $0 = Life() }
            hasEnded.raise()
        }
        await hasEnded.wait(on: resources.loop, atMost: Self.endOfWork)
        return ending
    }

    /// How long the next service waits for the background work of the one before it.
    private static let endOfWork = Duration.milliseconds(300)

    /// Runs a part of the background work and restarts it when it fails: a passing fault must not stop it for good.
    private func keepRunning(_ part: String, _ run: @Sendable () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await run()
                if !Task.isCancelled { log.error("ended early; starting it again", metadata: ["part": .string(part)]) }
            } catch is CancellationError {
                if Task.isCancelled { return }
            } catch {
                log.error(
                    "failed; starting it again",
                    metadata: ["part": .string(part), "error": .string(ErrorText.of(error))])
            }
            try? await resources.loop.sleep(for: .seconds(1))
        }
    }

    /// Releases caches.
    public func releaseMemory() { database?.releaseMemory() }

    /// The database of this service while it runs.
    var database: (any Database)? { life.withLock { $0.database } }

    var probes: [DependencyProbe] { life.withLock { $0.probes } }

    var relay: Relay? { life.withLock { $0.relay } }

    /// The consumer of the running service; `nil` if it consumes no events.
    public var consumer: Consumer? {
        let (consumer, keeper) = life.withLock { ($0.consumer, $0.keeper) }
        return consumer ?? keeper?.consumer
    }
}

/// The stages of a service's life.
public enum ServiceState: String, Sendable, Codable {
    case stopped, starting, ready, stopping
}
