import HTTP
import Kernel
import ServiceHost
import Synchronization

/// The documents of upstreams, fetched when somebody asks and remembered, and the whole that is made of them. One request at
/// a time fetches; others wait for it.
final class DocumentCatalogue: Sendable {
    private struct Entry {
        /// The latest one that came: it stays when the upstream is away.
        var document: UpstreamDocument?
        /// The end of a sentence.
        var fault: String?
        var nextFetch: Duration
    }
    private struct State {
        var entries: [GatewayRoute.Target: Entry] = [:]
        var isFetching = false
        var waiters: [OneShot<Void>] = []
        var made: (plan: GatewayPlan, document: ShopDocument)?
    }
    private enum Turn {
        case made(ShopDocument)
        case wait(OneShot<Void>)
        case fetch([GatewayRoute.Target], [GatewayRoute.Target: Entry], ShopDocument?)
    }
    private let loop: any Loop
    private let state = Mutex(State())

    /// How long a document is taken for the present one, and how long an upstream without one is not asked again.
    static let age = Duration.seconds(60)
    static let retryAge = Duration.seconds(5)
    private static let timeout = Duration.seconds(5)
    /// Upstreams whose documents are fetched; a configuration with more gets no document of the others.
    private static let limit = 64

    init(loop: any Loop) { self.loop = loop }

    /// Throws `CancellationError` only.
    func document(for plan: GatewayPlan) async throws -> ShopDocument {
        while true {
            try Task.checkCancellation()
            switch turn(plan) {
            case .made(let document): return document
            case .wait(let waiter):
                await withTaskCancellationHandler {
                    await waiter.value()
                } onCancel: {
                    waiter.give(())
                }
            case .fetch(let due, let known, let made): return try await fetch(due, known, made, plan)
            }
        }
    }

    private func turn(_ plan: GatewayPlan) -> Turn {
        let (now, targets) = (loop.uptime, Self.targets(of: plan))
        return state.withLock { state in
            let due = targets.filter { (state.entries[$0]?.nextFetch ?? now) <= now }
            let made = state.made?.plan === plan ? state.made?.document : nil
            if let made, due.isEmpty { return .made(made) }
            guard !state.isFetching else {
                let waiter = OneShot<Void>()
                state.waiters.append(waiter)
                return .wait(waiter)
            }
            state.isFetching = true
            return .fetch(due, state.entries, made)
        }
    }

    private static func targets(of plan: GatewayPlan) -> [GatewayRoute.Target] {
        var targets: [GatewayRoute.Target] = []
        for route in plan.settings.table.routes
        where route.target.documentName != nil && !targets.contains(route.target) {
            targets.append(route.target)
        }
        return Array(targets.prefix(limit))
    }

    private func fetch(
        _ due: [GatewayRoute.Target], _ known: [GatewayRoute.Target: Entry], _ made: ShopDocument?, _ plan: GatewayPlan
    ) async throws -> ShopDocument {
        // Whatever happens, others must not wait for ever.
        defer {
            let waiters = state.withLock { state in
                state.isFetching = false
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.give(()) }
        }
        let worker = loop.makeWorker(named: "openapi")
        defer { worker.stop() }
        let fetched = await fetchAll(due, known, plan, worker)
        try Task.checkCancellation()
        var entries = known.filter { Self.targets(of: plan).contains($0.key) }
        for (target, entry) in fetched { entries[target] = entry }
        let hasChanged = fetched.contains { target, entry in
            entry.document?.bytes != known[target]?.document?.bytes || entry.fault != known[target]?.fault
        }
        let document: ShopDocument
        if let made, !hasChanged {
            document = made
        } else {
            let maker = Self.maker(plan, entries)
            document = try await worker.run { maker.make() }
        }
        state.withLock { state in
            state.entries = entries
            state.made = (plan, document)
        }
        return document
    }

    private func fetchAll(
        _ due: [GatewayRoute.Target], _ known: [GatewayRoute.Target: Entry], _ plan: GatewayPlan, _ worker: any Worker
    ) async -> [GatewayRoute.Target: Entry] {
        await withTaskGroup(of: (GatewayRoute.Target, Result<UpstreamDocument, UpstreamDocument.Fault>).self) { group in
            for target in due {
                group.addTask { [self] in
                    do throws(UpstreamDocument.Fault) {
                        return (target, .success(try await fetch(target, plan, worker)))
                    } catch {
                        return (target, .failure(error))
                    }
                }
            }
            var entries: [GatewayRoute.Target: Entry] = [:]
            for await (target, result) in group {
                switch result {
                case .success(let document):
                    entries[target] = Entry(document: document, nextFetch: loop.uptime + Self.age)
                case .failure(let fault):
                    let former = known[target]?.document
                    entries[target] = Entry(
                        document: former, fault: former == nil ? fault.description : nil,
                        nextFetch: loop.uptime + Self.retryAge)
                }
            }
            return entries
        }
    }

    private func fetch(
        _ target: GatewayRoute.Target, _ plan: GatewayPlan, _ worker: any Worker
    ) async throws(UpstreamDocument.Fault) -> UpstreamDocument {
        guard let upstream = plan.upstream(of: target), let name = target.documentName else {
            throw UpstreamDocument.Fault("has no server")
        }
        let request = OutboundRequest(
            method: .get, url: "/openapi.json", headers: ["Accept": "application/json"], timeout: Self.timeout)
        let response: Response
        do {
            response = try await upstream.send(request, isRepeatable: true)
        } catch {
            throw UpstreamDocument.Fault("does not answer")
        }
        guard response.status == 200 else {
            throw UpstreamDocument.Fault("answers with the status \(response.status) at /openapi.json")
        }
        let bytes = response.body
        do {
            return try await worker.run { try UpstreamDocument(name, bytes) }
        } catch let fault as UpstreamDocument.Fault {
            throw fault
        } catch {
            throw UpstreamDocument.Fault("does not answer")
        }
    }

    private static func maker(_ plan: GatewayPlan, _ entries: [GatewayRoute.Target: Entry]) -> ShopDocumentMaker {
        let targets = targets(of: plan)
        return ShopDocumentMaker(
            plan.settings.table, access: plan.settings.access,
            documents: targets.compactMap { target in entries[target]?.document.map { (target, $0) } },
            missing: targets.compactMap { target in
                guard let name = target.documentName, let fault = entries[target]?.fault else { return nil }
                return "\(name) \(fault)"
            })
    }
}
