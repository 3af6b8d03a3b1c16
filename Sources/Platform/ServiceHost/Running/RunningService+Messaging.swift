import HTTP
import Kernel
import Messaging
import Storage
import Telemetry

extension RunningService {
    func makeContext(_ database: (any Database)?, keepsPublished: Bool) -> (ServiceEnvironment, Relay?) {
        let identifiers = IdentifierGenerator(loop: resources.loop)
        let outbox = database.map { _ in Outbox(loop: resources.loop) }
        var relay: Relay?
        if let database, let outbox {
            relay = Relay(
                outbox: outbox, database: database, log: resources.eventLog, loop: resources.loop,
                keepsPublished: keepsPublished,
                onFailure: { [log] error, _, _ in
                    log.warning("events wait in the outbox", metadata: ["error": .string(ErrorText.of(error))])
                })
        }
        let calls = type(of: definition).calls
        let context = ServiceEnvironment(
            name: name, loop: resources.loop, log: log, metrics: metrics, identifiers: identifiers,
            ownDatabase: database.map { EffectNotingDatabase($0) }, outbox: outbox,
            events: EventFactory(source: "/" + name, identifiers: identifiers, loop: resources.loop),
            clients: Dictionary(uniqueKeysWithValues: calls.map { ($0, resources.client($0).notingEffects) }),
            published: Set(type(of: definition).publishes.map { $0.type }),
            plainExternalTransport: EffectNotingTransport(resources.externalTransport), secretText: resources.secret,
            folderPath: resources.folder)
        return (context, relay)
    }

    /// Makes the keeper of the service's read model; `nil` if it has none.
    func makeKeeper(_ model: ReadModel?, database: (any Database)?) async throws -> ReadModelKeeper? {
        guard let model, let database else { return nil }
        let keeper = ReadModelKeeper(
            model, of: name, database: database, loop: resources.loop
        ) { [self] group, subscriptions in makeConsumer(subscriptions, group: group, database: database) }
        try await keeper.load()
        return keeper
    }

    func makeConsumer(_ subscriptions: [EventSubscription], group: String, database: any Database) -> Consumer {
        let handled = metrics.counter(
            "sambal_events_handled_total", help: "Events whose effects are durable.", labels: ["type"])
        let failed = metrics.counter("sambal_events_failed_total", help: "Tries to handle an event that failed.")
        var handlers: [String: EventSubscription.Handler] = [:]
        for subscription in subscriptions {
            let counter = handled.labelled(subscription.type)
            let loop = resources.loop
            handlers[subscription.type] = { event, tx in
                // The event continues the trace of the request that caused it.
                let trace = event.traceparent.flatMap(TraceContext.init)?.child(random: loop.random)
                try await Caller.acting(for: nil) {
                    try await TraceContext.$current.withValue(trace) { try await subscription.handler(event, tx) }
                }
                tx.afterCommit { counter.increment() }
            }
        }
        return Consumer(
            group: group, database: database, loop: resources.loop, handlers: handlers, retries: resources.eventRetries
        ) { [log] failure in
            failed.increment()
            let details: Logger.Metadata = [
                "event": .string(failure.event.id), "type": .string(failure.event.type),
                "error": .string(ErrorText.of(failure.error)),
            ]
            if failure.isFinal {
                log.error(
                    "event set aside as a dead letter; later ones of its subject wait behind it", metadata: details)
            } else {
                log.warning("event not handled yet; it is tried again", metadata: details)
            }
        }
    }

    /// Creates the collections that belong to no migration: the audit log, and published events. Returns whether the service
    /// keeps published events.
    func preparePlatformCollections(of database: any Database) async throws -> Bool {
        guard let database = database as? any ClaimableDatabase else { return false }
        let keepsPublished = !type(of: definition).publishes.isEmpty
        try await database.create(missing: AuditLog.schemas + (keepsPublished ? [PublishedEvents.schema] : []))
        return keepsPublished
    }

    /// Returns the database with its audit log; as it is where it keeps none.
    func makeAudited(_ watched: WatchedDatabase, on opened: any Database) async throws -> any Database {
        guard opened is any ClaimableDatabase else { return watched }
        let audit = AuditLog(of: name, loop: resources.loop, log: log)
        try await audit.load(watched)
        metrics.gauge(
            "sambal_audit_records", help: "The number of the last record of the service's audit log."
        ) { Double(audit.lastNumber) }
        return AuditingDatabase(base: watched, log: audit)
    }

    /// Delivers until the task is cancelled. If the log is not the one that the consumer has read, a person has to
    /// decide; that is logged once, and checked again until it is settled.
    func deliver(to consumer: Consumer) async throws {
        while !Task.isCancelled {
            do {
                return try await resources.eventLog.deliver(to: consumer)
            } catch let error as EventError where error.code == .logReplaced {
                if consumer.refusal != error.message {
                    log.error(
                        "no events are handled until a person settles it", metadata: ["error": .string(error.message)])
                }
                consumer.noteRefusal(error.message)
            }
            try await resources.loop.sleep(for: .seconds(2))
        }
    }

    func observeConsumer() {
        metrics.gauge("sambal_dead_letters", help: "Events set aside, and those that wait behind them.") {
            [weak self] in Double(self?.consumer?.deadLetters.count ?? 0)
        }
        metrics.gauge("sambal_consumer_lag_events", help: "Events of the log after those that were handled.") {
            [weak self] in Double(self?.consumer?.lag ?? 0)
        }
        metrics.gauge(
            "sambal_consumer_stalled_seconds",
            help: "How long the consumer has not got any further although there are events."
        ) { [weak self] in self?.consumer?.stalled.seconds ?? 0 }
    }

    func observe(_ relay: Relay?) {
        guard let relay else { return }
        metrics.gauge("sambal_outbox_events", help: "Events that wait in the outbox.") { Double(relay.depth) }
        metrics.gauge("sambal_outbox_age_seconds", help: "How long the oldest event waits.") { relay.age.seconds }
    }
}
