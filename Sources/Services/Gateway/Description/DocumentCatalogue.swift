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
    /// Fetches at a time: texts that are being read take memory too.
    private static let width = 16

    init(loop: any Loop) { self.loop = loop }

    /// Throws `CancellationError` only.
    func document(for plan: GatewayPlan) async throws -> ShopDocument {
        while true {
            try Task.checkCancellation()
            switch turn(plan) {
            case .made(let document): return document
            case .wait(let waiter): await waiter.value(ifCancelled: ())
            case .fetch(let due, let known, let made): return try await fetch(due, known, made, plan)
            }
        }
    }

    private func turn(_ plan: GatewayPlan) -> Turn {
        let (now, targets) = (loop.uptime, Self.sources(of: plan).map(\.target))
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

    /// The upstreams of the plan with their names in the whole, no two of which are the same.
    private static func sources(of plan: GatewayPlan) -> [(target: GatewayRoute.Target, name: String)] {
        var sources: [(target: GatewayRoute.Target, name: String)] = []
        for route in plan.settings.table.routes where !sources.contains(where: { $0.target == route.target }) {
            guard sources.count < limit, var name = route.documentName else { continue }
            while sources.contains(where: { $0.name == name }) { name += "-" }
            sources.append((route.target, name))
        }
        return sources
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
        let entries = await fetchAll(due, known, plan, worker)
        try Task.checkCancellation()
        let hasChanged = entries.contains { target, entry in
            entry.document?.fingerprint != known[target]?.document?.fingerprint || entry.fault != known[target]?.fault
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

    /// Returns the entries of the plan's upstreams, those that are due fetched anew.
    private func fetchAll(
        _ due: [GatewayRoute.Target], _ known: [GatewayRoute.Target: Entry], _ plan: GatewayPlan, _ worker: any Worker
    ) async -> [GatewayRoute.Target: Entry] {
        let targets = Self.sources(of: plan).map(\.target)
        var entries = known.filter { targets.contains($0.key) }
        for start in stride(from: 0, to: due.count, by: Self.width) {
            let part = Array(due[start..<min(start + Self.width, due.count)])
            for fetched in await fetchTogether(part, plan, worker) {
                let target = part[fetched.number]
                guard let document = fetched.document else {
                    let former = known[target]?.document
                    entries[target] = Entry(
                        document: former, fault: former == nil ? fetched.fault : nil,
                        nextFetch: loop.uptime + Self.retryAge)
                    continue
                }
                let others = entries.reduce(0) { $1.key == target ? $0 : $0 + ($1.value.document?.size ?? 0) }
                let fits = others + document.size <= UpstreamDocument.totalLimit
                let fault = "has a document with which all have more than \(UpstreamDocument.totalLimit >> 20) MiB"
                entries[target] = Entry(
                    document: fits ? document : nil, fault: fits ? nil : fault, nextFetch: loop.uptime + Self.age)
            }
        }
        return entries
    }

    /// The outcome of one of several fetches. Swift 6.3 makes optimised code that crashes of a task group whose tasks return
    /// a tuple of the target and a `Result`; a program with that passed all tests that were not optimised.
    private struct Fetched: Sendable {
        /// The place of its upstream among those that were asked.
        let number: Int
        var document: UpstreamDocument?
        /// The end of a sentence.
        var fault = ""
    }

    /// Returns the outcomes in the order of the upstreams.
    private func fetchTogether(
        _ targets: [GatewayRoute.Target], _ plan: GatewayPlan, _ worker: any Worker
    ) async -> [Fetched] {
        await withTaskGroup(of: Fetched.self) { group in
            for (number, target) in targets.enumerated() {
                let upstream = plan.upstream(of: target)
                group.addTask { [self] in await fetch(number, upstream, worker) }
            }
            var all: [Fetched] = []
            for await fetched in group { all.append(fetched) }
            return all.sorted { $0.number < $1.number }
        }
    }

    private func fetch(_ number: Int, _ upstream: Upstream?, _ worker: any Worker) async -> Fetched {
        guard let upstream else { return Fetched(number: number, fault: "has no server") }
        let request = OutboundRequest(
            method: .get, url: "/openapi.json", headers: ["Accept": "application/json"], timeout: Self.timeout)
        guard let response = try? await upstream.send(request, isRepeatable: true) else {
            return Fetched(number: number, fault: "does not answer")
        }
        guard response.status == 200 else {
            return Fetched(number: number, fault: "answers with the status \(response.status) at /openapi.json")
        }
        let bytes = response.body
        do {
            return Fetched(number: number, document: try await worker.run { try UpstreamDocument("", bytes) })
        } catch let fault as UpstreamDocument.Fault {
            return Fetched(number: number, fault: fault.description)
        } catch {
            return Fetched(number: number, fault: "does not answer")
        }
    }

    private static func maker(_ plan: GatewayPlan, _ entries: [GatewayRoute.Target: Entry]) -> ShopDocumentMaker {
        let sources = sources(of: plan)
        return ShopDocumentMaker(
            plan.settings.table, access: plan.settings.access,
            documents: sources.compactMap { target, name in
                // Another configuration may name it otherwise.
                guard var document = entries[target]?.document else { return nil }
                document.name = name
                return (target, document)
            },
            missing: sources.compactMap { target, name in entries[target]?.fault.map { "\(name) \($0)" } })
    }
}
