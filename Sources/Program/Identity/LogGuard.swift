import FoundationEssentials
import MessagingEmbedded

/// Refuses an event log that is not the one that the shop has read.
struct LogGuard: Sendable {
    let file: ShopRecordFile

    /// The file of the embedded log.
    static func path(data: String) -> String { data + "/events.db" }

    /// Throws if the events of the shop are in another engine, or its log is gone. Called before a log is created.
    func check(_ engine: EventEngine, data: String) throws {
        guard let remembered = try file.read().log else { return }
        guard engine.isSameKind(as: remembered.place) else {
            throw CommandFailure(
                "the events of this shop are in \(remembered.place), and the configuration says \(engine.name). Events "
                    + "are not copied from one log to another: set 'events' back; or let everything be handled there, "
                    + "stop the shop, and run: sambal events adopt. See docs/runbook.md#event-log-refused")
        }
        guard case .embedded = engine, let identity = remembered.identity else { return }
        let path = Self.path(data: data)
        guard !FileManager.default.fileExists(atPath: path) else { return }
        throw CommandFailure(
            "the event log \(path) (\(identity)) is gone. Ways out: restore it from a backup; or continue with a new one: "
                + "sambal events adopt, and when the shop runs: sambal events republish. See "
                + "docs/runbook.md#event-log-refused")
    }

    /// Throws if the opened log is another one than the shop has read; else records it.
    func settle(_ engine: EventEngine, identity: String?) throws {
        try file.update { record in
            if let known = record.log?.identity, let identity, known != identity {
                throw CommandFailure(
                    "the event log is another one: this shop has read \(known), and \(identity) is there now. Ways out: "
                        + "put the right file back; or continue with this one: sambal events adopt, and when the shop runs: "
                        + "sambal events republish. See docs/runbook.md#event-log-refused")
            }
            record.log = ShopRecord.Log(place: engine.name, identity: identity ?? record.log?.identity)
        }
    }
}

extension EventEngine {
    /// Whether a log of that name belongs to this engine. Brokers may change; the identity of the cluster counts.
    func isSameKind(as place: String) -> Bool {
        switch self {
        case .embedded: place == Self.embeddedWord
        case .kafka: place != Self.embeddedWord
        }
    }
}
