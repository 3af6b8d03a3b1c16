import Storage

/// The judgement whether the store that a service finds is the one that it has used before.
enum StoreJudgement: Sendable, Hashable {
    /// The service starts here, or continues in the store of an older program: the store gets an identity.
    case give
    /// The service continues here.
    case keep
    case refuse(Reason)

    enum Reason: Sendable, Hashable {
        /// The store is empty, though there was one before.
        case empty
        /// The data folder records no store, and the event log has events that this service published.
        case emptyBesideEvents
        /// It is another store of the same service, or one of an older program.
        case other(StoreIdentity?)
        /// It has the data of another service.
        case ofService(String)
        /// It is an older copy of the store.
        case older(starts: Int)
        /// The service has run on the source since this copy was made.
        case outdatedCopy
    }

    /// `remembered` is the store that the data folder records; `hasEvents` is whether the log has events of the service.
    static func judge(
        _ found: StoreState, of service: String, remembered: ShopRecord.Store?, hasEvents: Bool
    ) -> StoreJudgement {
        switch (found, remembered) {
        case (.empty, nil): hasEvents ? .refuse(.emptyBesideEvents) : .give
        case (.empty, _): .refuse(.empty)
        case (.unnamed, nil): .give
        case (.unnamed, _): .refuse(.other(nil))
        case (.named(let store), _) where store.service != service: .refuse(.ofService(store.service))
        case (.named, nil): .keep
        case (.named(let store), let known?) where store.id == known.identity:
            store.starts < known.starts ? .refuse(.older(starts: store.starts)) : .keep
        case (.named(let store), let known?) where store.origin?.id == known.identity:
            store.origin?.starts == known.starts ? .keep : .refuse(.outdatedCopy)
        case (.named(let store), _): .refuse(.other(store))
        }
    }
}

/// The refusal to start a service on a store that is not its own.
struct StoreRefused: Error, CustomStringConvertible {
    let description: String

    init(_ reason: StoreJudgement.Reason, _ service: String, at place: String, remembered: ShopRecord.Store?) {
        let known = remembered.map { "\($0.database) (store \($0.identity))" } ?? "-"
        let adopt = "to accept the store that was found: sambal adopt \(service)"
        let (found, ways): (String, [String])
        switch reason {
        case .empty where remembered?.database == place:
            found =
                "\(place) is empty, or gone; the data of \(service) was there (store \(remembered?.identity ?? "-"))"
            ways = ["restore it from a backup", "to start with an empty store: sambal adopt \(service)"]
        case .empty:
            found = "\(place) is empty, and the data of \(service) is at \(known)"
            ways = [
                "set 'database' of \(service) back to that", "to copy it: sambal copy \(service) --from … --to …",
                "to start with an empty store: sambal adopt \(service)",
            ]
        case .emptyBesideEvents:
            found =
                "\(place) is empty, but the event log has events that \(service) has published, so its data is elsewhere"
            ways = [
                "set 'database' of \(service) to where its data is", "restore it from a backup",
                "to start with an empty store: sambal adopt \(service)",
            ]
        case .other(let store):
            found =
                "\(place) holds \(store.map { "another store (\($0.id), created \($0.createdAt))" } ?? "data without an identity"), "
                + "and the data of \(service) is at \(known)"
            ways = ["set 'database' of \(service) back to that", adopt]
        case .ofService(let other):
            found = "\(place) holds the data of the service \(other)"
            ways = ["give \(service) a database, or a 'schema', of its own"]
        case .older(let starts):
            found =
                "\(place) is an older copy: \(service) has counted \(remembered?.starts ?? 0) starts and minutes on its "
                + "store, and only \(starts) on this one"
            ways = ["restore the newest copy", adopt]
        case .outdatedCopy:
            found = "\(place) is a copy of \(known), and \(service) has run there since the copy was made"
            ways = ["set 'database' of \(service) back to that", "empty the copy, and copy again", adopt]
        }
        let anchor = if case .ofService = reason { "store-of-another-service" } else { "store-refused" }
        description =
            "\(found). Nothing was changed. Ways out: \(ways.joined(separator: "; ")). "
            + "See docs/runbook.md#\(anchor)"
    }
}
