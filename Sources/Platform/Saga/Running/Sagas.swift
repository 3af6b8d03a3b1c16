import HTTP
import Kernel
public import ServiceHost
public import Storage
import Synchronization
import Telemetry

/// Runs the sagas of one definition in the service that leads them: keeps them in its database, asks the participants,
/// and goes on after a crash where they were.
///
/// Declared by a service in four lines: `routes`, `job`, the definition's `outline`, and `collection` in its migrations.
public final class Sagas<State: SagaState>: Sendable {
    /// Called in the transaction that ends a saga, for what follows from it in the service's own data.
    public typealias Ending = @Sendable (SagaInstance<State>, any Transaction) async throws -> Void

    /// For the service's migrations.
    public static var collection: Collection<SagaInstance<State>> { SagaInstance<State>.collection }

    let definition: SagaDefinition<State>
    let context: ServiceEnvironment
    let repository: Repository<SagaInstance<State>>
    let clients: [String: ServiceClient]
    let settings: SagaSettings
    let ending: Ending
    let counters: SagaCounters
    let trigger = JobTrigger<SagaInstance<State>>()

    public init(
        _ definition: SagaDefinition<State>, context: ServiceEnvironment, settings: SagaSettings,
        ending: @escaping Ending = { _, _ in }
    ) throws {
        self.definition = definition
        self.context = context
        self.settings = settings
        self.ending = ending
        repository = Repository<SagaInstance<State>>(try context.database)
        counters = SagaCounters(saga: State.saga, metrics: context.metrics)
        var clients: [String: ServiceClient] = [:]
        for name in Set(definition.steps.map(\.participant)) {
            // A saga repeats its calls itself: its tries are stored, and go on after a crash.
            clients[name] = try context.client(
                for: name, breaker: settings.breaker, retry: .never, maximumConcurrent: settings.maximumConcurrent)
        }
        self.clients = clients
    }

    /// Begins a saga in the caller's transaction. It runs once that is durable: hand the instance to `drive`, or to
    /// `driveInBackground`; should the process die before, it is found again.
    public func start(_ id: String, _ state: State, in tx: any Transaction) async throws -> SagaInstance<State> {
        var instance = SagaInstance(id: id, state: state, definition: definition, at: context.loop.now)
        instance.traceparent = TraceContext.current?.description
        instance.skipIdleSteps(in: definition, at: context.loop.now)
        hold(&instance)
        instance = try await repository.insert(instance, in: tx)
        tx.afterCommit { [counters] in counters.started.increment() }
        return instance
    }

    /// Tells a saga what it may wait for, in the transaction of the event that brought it. Nothing happens where there
    /// is no such saga, or it has ended.
    public func signal(
        _ id: String, in tx: any Transaction, _ change: @Sendable (inout State) -> Void
    ) async throws {
        guard var instance = try await repository.find(id, in: tx), !instance.status.isEnded else { return }
        let wasWaiting = instance.status == .waiting
        instance.signal(in: definition, at: context.loop.now, change)
        let goesOn = wasWaiting && instance.status != .waiting
        if goesOn { hold(&instance) }
        let stored = try await store(instance, in: tx)
        if goesOn { driveInBackground(stored, after: tx) }
    }

    /// Asks the step at hand of a parked saga again, because what was in its way is gone. Nothing happens to one that is
    /// not parked.
    public func unpark(_ id: String, in tx: any Transaction) async throws {
        guard var instance = try await repository.find(id, in: tx), instance.status == .parked,
            instance.retry(at: context.loop.now)
        else { return }
        hold(&instance)
        driveInBackground(try await store(instance, in: tx), after: tx)
    }

    /// Drives it in the background once the transaction is durable.
    public func driveInBackground(_ instance: SagaInstance<State>, after tx: any Transaction) {
        guard !instance.status.isEnded else { return }
        trigger.hand(instance, after: tx)
    }

    /// The latest of the saga with that id.
    public func find(_ id: String) async throws -> SagaInstance<State>? { try await repository.find(id) }

    public func find(_ id: String, in tx: any ReadTransaction) async throws -> SagaInstance<State>? {
        try await repository.find(id, in: tx)
    }

    /// While it is driven here, nobody else looks at it; should this process die, it is looked at after that time.
    func hold(_ instance: inout SagaInstance<State>) {
        guard instance.status == .running || instance.status == .compensating else { return }
        instance.dueAt = context.loop.now + settings.callTimeout + .seconds(2)
    }

    func store(_ instance: SagaInstance<State>, in tx: any Transaction) async throws -> SagaInstance<State> {
        if instance.status.isEnded {
            try await ending(instance, tx)
            let (counter, log) = (counters.ended(instance.status), context.log)
            tx.afterCommit {
                counter.increment()
                log.debug(
                    "saga ended", metadata: ["saga": .string(instance.id), "status": .string(instance.status.rawValue)])
            }
        } else if instance.status == .parked {
            context.log.error(
                "a saga is parked: look at it",
                metadata: [
                    "saga": .string(instance.id), "step": .string(instance.step),
                    "reason": .string(instance.lastFailure ?? ""),
                ])
        }
        return try await repository.update(instance, in: tx)
    }
}
