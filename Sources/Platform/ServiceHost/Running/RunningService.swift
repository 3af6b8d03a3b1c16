import HTTP
import Kernel
public import Messaging
import Storage
import Synchronization
import Telemetry

/// A service that the host runs: its database, listener, relay, consumer and background work, started and stopped as one.
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
        var takeOver: (@Sendable (any ServiceDefinition) throws -> Void)?
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
    /// Where callers reach it while it runs.
    public var address: String? { life.withLock { $0.listener?.address } }

    private static func name(of definition: any ServiceDefinition) -> String { type(of: definition).name }

    /// Brings everything up in order: database, then what consumes and publishes, then the listener.
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
            await bringDown(grace: .zero)
            throw error
        }
    }

    /// Not ready from now on, so that who asks sends its requests elsewhere; those that come are still answered.
    public func announceStop() {
        life.withLock { if $0.state == .ready { $0.state = .stopping } }
    }

    /// Not ready, then no new requests, then what is in flight ends, then the work and the database are closed.
    public func stop(grace: Duration = .seconds(10)) async {
        let mayStop = life.withLock { life in
            guard life.state == .ready || life.state == .stopping, !life.isBeingStopped else { return false }
            life.state = .stopping
            life.isBeingStopped = true
            return true
        }
        if mayStop { await bringDown(grace: grace) }
    }

    private func bringUp() async throws {
        let kind = type(of: definition).kind
        var database: (any Database)?
        var keepsPublished = false
        if kind.hasDatabase {
            let opened = try await resources.openDatabase(name)
            life.withLock { $0.database = opened }
            try await opened.migrate(type(of: definition).migrations)
            keepsPublished = try await preparePublishedEvents(of: opened)
            let watched = WatchedDatabase(base: opened, health: StorageHealth(metrics: metrics, log: log))
            let probes = makeProbes(watched)
            life.withLock { $0.probes = probes }
            database = watched
        }
        let (context, relay) = makeContext(database, keepsPublished: keepsPublished)
        let parts = try definition.parts(context)
        let keeper = try await makeKeeper(parts.readModel, database: database)
        let consumer =
            keeper == nil && !parts.handlers.isEmpty
            ? database.map { makeConsumer(parts.handlers, group: name, database: $0) } : nil
        life.withLock { ($0.consumer, $0.keeper) = (consumer, keeper) }
        let operating = makeOperatorRoutes(hears: !parts.handlers.isEmpty && database != nil, keeper)
        let respond = try makeResponder(parts.routes + operating, intake: parts.intake)
        let listener = try resources.listener(
            name, ListenerOptions(respond: respond, metrics: metrics, secure: parts.secureListener))
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

    /// Lets the service go on with the settings of another definition of it, without an end to any request. `false` where
    /// it does not run or only a start can change it.
    public func takeOver(_ definition: any ServiceDefinition) throws -> Bool {
        guard let takeOver = life.withLock({ $0.takeOver }) else { return false }
        try takeOver(definition)
        return true
    }

    private func bringDown(grace: Duration) async {
        let (listener, work, database) = life.withLock { ($0.listener, $0.work, $0.database) }
        let end = resources.loop.uptime + grace
        resources.register(name, nil)
        // Lists that would keep the stop waiting are told to come again.
        database?.endScans()
        await listener?.stop(grace: grace)
        // Calls of this process came past the listener.
        await inFlight.drain(within: max(.zero, end - resources.loop.uptime), on: resources.loop)
        work?.cancel()
        await work?.value
        await database?.close()
        life.withLock { $0 = Life() }
    }

    /// What runs in the background is started again when it fails: a passing fault must not silence a service.
    private func keepRunning(_ part: String, _ run: @Sendable () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await run()
                if !Task.isCancelled { log.error("ended early; starting it again", ["part": .string(part)]) }
            } catch is CancellationError {
                if Task.isCancelled { return }
            } catch {
                log.error("failed; starting it again", ["part": .string(part), "error": .string(ErrorText.of(error))])
            }
            try? await resources.loop.sleep(for: .seconds(1))
        }
    }

    /// Gives up memory that only makes it faster.
    public func releaseMemory() { database?.releaseMemory() }

    /// The database of this service while it runs.
    var database: (any Database)? { life.withLock { $0.database } }

    var probes: [DependencyProbe] { life.withLock { $0.probes } }

    var relay: Relay? { life.withLock { $0.relay } }

    /// What handles its events while it runs; `nil` where it hears none.
    public var consumer: Consumer? {
        let (consumer, keeper) = life.withLock { ($0.consumer, $0.keeper) }
        return consumer ?? keeper?.consumer
    }
}
