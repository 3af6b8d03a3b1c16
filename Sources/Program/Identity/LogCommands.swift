import FoundationEssentials
import Kernel
import Messaging
import Runtime
import ServiceHost
import Storage

/// Accepts the event log that is there, after a person has looked.
enum LogAdoption {
    static let form = Form(
        "adopt", .none, "accepts another event log than the one that the shop has read",
        options: [
            Option("confirm", "ID", "accepts the log of that identity; `new` creates one"), .data, .config,
        ]
    ) { arguments in
        let confirmed = arguments.string("confirm")
        try ShopStores.run(arguments) { try await run($0, confirmed) }
    }

    private static let newWord = "new"

    private static func run(_ stores: ShopStores, _ confirmed: String?) async throws {
        let events = stores.settings.events
        let remembered = try stores.file.read().log
        Console.write("remembered: \(remembered.map { "\($0.place) \($0.identity ?? "")" } ?? "nothing")\n")
        let word: String
        if case .embedded = events, !FileManager.default.fileExists(atPath: LogGuard.path(data: stores.data)) {
            word = newWord
            Console.write("found:      no log at \(LogGuard.path(data: stores.data))\n")
        } else {
            word = try await stores.withLog { log in
                let identity = try await log.log.identity()?.description ?? events.name
                Console.write("found:      \(events.name) \(identity)\n")
                return identity
            }
        }
        guard let confirmed else {
            throw CommandFailure("nothing was done. To accept what was found: sambal events adopt --confirm \(word)")
        }
        guard confirmed == word else {
            throw UsageError("--confirm must be \(word), which was found, not \(confirmed)")
        }
        try await adopt(stores)
    }

    private static func adopt(_ stores: ShopStores) async throws {
        let (identity, positions, embedded) = try await stores.withLog { log in
            // Only events that inboxes are sure to know are read again.
            let time = stores.loop.now - Consumer.replayLimit
            return (try await log.log.identity(), try await log.log.positions(before: time), log.identity)
        }
        var table = Table([.init("SERVICE"), .init("GROUPS")])
        for (type, engine) in stores.services where engine.mayExist {
            let groups = try await stores.with(engine) { database -> [String] in
                guard try await database.collectionNames().contains(Positions.collection.schema.name) else { return [] }
                return try await database.transaction { tx in
                    try await Consumer.adopt(identity, after: positions, in: tx)
                }
            }
            if !groups.isEmpty { table.add(type.name, groups.joined(separator: ", ")) }
        }
        try stores.file.update {
            $0.log = .init(place: stores.settings.events.name, identity: embedded ?? identity?.description)
        }
        Console.write(
            "\n" + table.text
                + "\nThese groups continue in \(identity?.description ?? stores.settings.events.name). To publish "
                + "the events that it lacks again, run: "
                + "sambal events republish\n")
    }
}

/// Publishes the recent events of the services again.
enum Republishing {
    static let form = Form(
        "republish", .none, "publishes the events of the last ten days again, under their old names",
        options: [
            Option("since", "TIME", "only events since this time (RFC 3339; default: all that are kept)"),
            Option("service", "NAME", "only events of this service (default: all)"), .data, .config, .format,
        ]
    ) { arguments in
        let since = try arguments.string("since").map { text in
            guard let time = Timestamp(text) else {
                throw UsageError("--since must be a time such as 2026-01-31T08:15:30Z, not \(text)")
            }
            return time
        }
        let (wanted, format) = (arguments.string("service"), arguments.format)
        if let wanted { _ = try Catalogue.service(named: wanted) }
        try ShopStores.run(arguments) { try await run($0, since, wanted, format) }
    }

    private static func run(
        _ stores: ShopStores, _ since: Timestamp?, _ wanted: String?, _ format: OutputFormat
    ) async throws {
        var table = Table([.init("SERVICE"), .init("EVENTS")])
        for (type, engine) in stores.services
        where engine.mayExist && !type.publishes.isEmpty && type.name == wanted ?? type.name {
            let count = try await stores.with(engine) { database -> Int? in
                let names = try await database.collectionNames()
                guard names.isSuperset(of: [PublishedEvents.schema.name, Outbox.collection.schema.name]) else {
                    return nil
                }
                return try await PublishedEvents.republish(database, loop: stores.loop, since: since) { count in
                    if Console.isTerminal, format == .table { Console.write("\r  \(type.name): \(count)\u{1B}[K") }
                }
            }
            if let count { table.add(type.name, "\(count)") }
        }
        if Console.isTerminal, format == .table { Console.write("\r\u{1B}[K") }
        Console.write(try table.rendered(as: format))
    }
}
