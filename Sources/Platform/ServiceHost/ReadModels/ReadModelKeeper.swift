import Kernel
import Messaging
import Storage
import Synchronization

/// Runs the consumer of the generation that callers read and, during a rebuild, the consumer of the next generation;
/// then switches to the next one.
final class ReadModelKeeper: Sendable {
    typealias MakeConsumer = @Sendable (_ group: String, [EventSubscription]) -> Consumer
    typealias Deliver = @Sendable (Consumer) async -> Void

    private struct Held {
        var generation = 0
        var consumers: [Int: Consumer] = [:]
        var tasks: [Int: Task<Void, Never>] = [:]
    }
    let model: ReadModel
    let service: String
    let states: Repository<ReadModelState>
    let loop: any Loop
    let signal = Signal()
    private let makeConsumer: MakeConsumer
    private let held = Mutex(Held())

    init(
        _ model: ReadModel, of service: String, database: any Database, loop: any Loop,
        makeConsumer: @escaping MakeConsumer
    ) {
        self.model = model
        self.service = service
        self.loop = loop
        self.makeConsumer = makeConsumer
        states = Repository(database)
    }

    /// The consumer of the generation that callers read.
    var consumer: Consumer? { held.withLock { $0.consumers[$0.generation] } }

    /// The consumer of the generation that is being built; `nil` outside a rebuild.
    var building: Consumer? { held.withLock { $0.consumers[$0.generation + 1] } }

    /// Loads which generation callers read. Must be called before the first read.
    @discardableResult
    func load() async throws -> ReadModelState {
        let state = try await states.find(service) ?? ReadModelState(id: service)
        model.isNow(state.generation)
        held.withLock { held in
            held.generation = state.generation
            for generation in state.generations where held.consumers[generation] == nil {
                held.consumers[generation] = makeConsumer(
                    ReadModelState.group(service, generation: generation), model.handlers[generation % 2])
            }
        }
        return state
    }

    /// Runs until the task is cancelled. Another process of the service may begin or end a rebuild, so the stored state
    /// is read at intervals.
    func run(_ deliver: @escaping Deliver) async throws {
        do {
            while !Task.isCancelled {
                let state = try await step()
                await keep(state.generations, deliver)
                await signal.wait(on: loop, atMost: state.phase == .idle ? .seconds(1) : .milliseconds(100))
            }
        } catch {
            await keep([], deliver)
            throw error
        }
        await keep([], deliver)
    }

    private func step() async throws -> ReadModelState {
        var state = try await load()
        if state.phase == .clearing {
            try await clear(state)
            state = try await load()
        }
        if state.phase == .building, try await exchange(state) { state = try await load() }
        return state
    }

    /// Starts the consumers that are missing, and stops those that are no longer needed.
    private func keep(_ wanted: [Int], _ deliver: @escaping Deliver) async {
        let missing = held.withLock { held in
            wanted.filter { held.tasks[$0] == nil }.compactMap { number in held.consumers[number].map { (number, $0) } }
        }
        for (generation, consumer) in missing {
            let task = loop.start { await deliver(consumer) }
            held.withLock { $0.tasks[generation] = task }
        }
        let ending = held.withLock { held in
            let ending = held.tasks.filter { !wanted.contains($0.key) }
            for generation in ending.keys {
                held.tasks[generation] = nil
                if generation != held.generation { held.consumers[generation] = nil }
            }
            return ending.sorted { $0.key < $1.key }.map(\.value)
        }
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }
}
