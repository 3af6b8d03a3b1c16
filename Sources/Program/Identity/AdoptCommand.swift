import Kernel
import Messaging
import Runtime
import ServiceHost
import Storage

/// Accepts the store that is there for a service, after a person has looked.
enum AdoptCommand: Command {
    static let name = "adopt"
    static let summary = "accepts another store for a service than the one recorded in the data folder"
    static let forms = [Form("", .one("NAME"), summary, options: options, run: run)]
    private static let options = [
        Option("confirm", "ID", "accepts the store of that identity; `empty` accepts an empty one"),
        Option(
            "since", "TIME", "with an empty store: hear the events from that time of RFC 3339 on (default: from now on)"
        ),
        .data, .config,
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        let name = arguments.operands[0]
        let since = try arguments.string("since").map { text in
            guard let time = Timestamp(text) else {
                throw UsageError("--since must be a time such as 2026-01-31T08:15:30Z, not \(text)")
            }
            return time
        }
        let confirmed = arguments.string("confirm")
        try ShopStores.run(arguments) { try await Adoption(stores: $0, service: name).run(confirmed, since: since) }
    }
}

/// The adoption of a store by one service.
struct Adoption: Sendable {
    private static let emptyWord = "empty"
    let stores: ShopStores
    let service: String

    func run(_ confirmed: String?, since: Timestamp?) async throws {
        let engine = try stores.engine(of: service)
        let remembered = try stores.file.read().services[service]
        // Looking must not create a file.
        let found = engine.mayExist ? try await stores.with(engine) { try await $0.storeState() } : .empty
        if let remembered {
            Console.write("remembered: \(remembered.database), store \(remembered.identity)\n")
        } else {
            Console.write("remembered: nothing\n")
        }
        Console.write("found:      \(engine.name), \(Self.text(found))\n")
        if case .named(let store) = found, store.service != service {
            throw CommandFailure(
                "\(engine.name) holds the data of \(store.service): it cannot be that of \(service). See "
                    + "docs/runbook.md#store-of-another-service")
        }
        let word = Self.word(found)
        guard let confirmed else {
            throw CommandFailure(
                "nothing was done. To accept what was found: sambal adopt \(service) --confirm \(word)")
        }
        guard confirmed == word else {
            throw UsageError("--confirm must be \(word), which was found, not \(confirmed)")
        }
        if since != nil, found != .empty { throw UsageError("--since is possible with an empty store only") }
        let store = try await accept(found, engine, since)
        try stores.file.update {
            $0.services[service] = .init(database: engine.name, identity: store.id, starts: store.starts)
        }
        Console.write("\(service) continues with \(engine.name), store \(store.id).\n")
    }

    private func accept(_ found: StoreState, _ engine: DatabaseEngine, _ since: Timestamp?) async throws
        -> StoreIdentity
    {
        if case .named(let store) = found { return store }
        let type = try Catalogue.service(named: service)
        let made = StoreIdentity.new(of: service, loop: stores.loop)
        // Before the store is created: the position to start from is in the log.
        let start = found == .empty && type.kind != .readModel ? try await position(since) : nil
        try await stores.with(engine) { database in
            if let start {
                try await database.migrate(type.migrations)
                try await begin(database, type, at: start)
            }
            try await database.setIdentity(made)
        }
        return made
    }

    /// The position in the log at which an empty store starts. Earlier events have had their effects: nothing is notified
    /// or delivered again.
    private func position(_ since: Timestamp?) async throws -> (log: LogIdentity?, positions: [LogPartition: Int64]) {
        let time = since ?? stores.loop.now + .seconds(86_400)
        return try await stores.withLog { log in
            (try await log.log.identity(), try await log.log.positions(before: time))
        }
    }

    private func begin(
        _ database: any Database, _ type: any ServiceDefinition.Type,
        at start: (log: LogIdentity?, positions: [LogPartition: Int64])
    ) async throws {
        let collections = DatabaseCopy.collections(of: type.migrations).map(\.name)
        guard collections.contains(Positions.collection.schema.name) else { return }
        _ = try await database.transaction { [service] tx in
            try await Consumer.adopt(start.log, after: start.positions, groups: [service], in: tx)
        }
    }

    private static func word(_ state: StoreState) -> String {
        switch state {
        case .empty: emptyWord
        case .unnamed: "unnamed"
        case .named(let store): store.id
        }
    }

    private static func text(_ state: StoreState) -> String {
        switch state {
        case .empty: "which is empty"
        case .unnamed: "which has data and no identity"
        case .named(let store):
            "store \(store.id) of \(store.service), created \(store.createdAt), \(store.starts) starts and minutes old"
        }
    }
}
