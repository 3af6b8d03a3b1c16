import Storage

/// Whether the store that a service finds is the one that it has used before.
enum StoreJudgement: Sendable, Hashable {
    /// The service begins here, or goes on in what an older program has left: the store gets an identity.
    case give
    /// It goes on here.
    case keep
    case refuse(Reason)

    enum Reason: Sendable, Hashable {
        /// There is nothing where there was something.
        case empty
        /// The data folder knows of no store, and the event log has events that this service has published.
        case emptyBesideEvents
        /// It is another store of the same service, or one that an older program has made.
        case other(StoreIdentity?)
        /// It holds another service's data.
        case ofService(String)
        /// It is an older copy of the store.
        case older(starts: Int)
        /// The service has gone on in the source since this copy was made.
        case outdatedCopy
    }

    /// `remembered` is what the data folder knows; `hasEvents` says whether the log has events of the service.
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

/// A service does not start on a store that is not its own.
struct StoreRefused: Error, CustomStringConvertible {
    let description: String

    init(_ reason: StoreJudgement.Reason, _ service: String, at place: String, remembered: ShopRecord.Store?) {
        let known = remembered.map { "\($0.database) (store \($0.identity))" } ?? "-"
        let adopt = "to go on with what is there now: sambal adopt \(service)"
        let (found, ways): (String, [String])
        switch reason {
        case .empty where remembered?.database == place:
            found =
                "\(place) is empty, or gone; the data of \(service) was there (store \(remembered?.identity ?? "-"))"
            ways = ["restore it from a backup", "to begin with an empty one: sambal adopt \(service)"]
        case .empty:
            found = "\(place) is empty, and the data of \(service) is at \(known)"
            ways = [
                "set 'database' of \(service) back to that", "to copy it: sambal move \(service) --from … --to …",
                "to begin with an empty one: sambal adopt \(service)",
            ]
        case .emptyBesideEvents:
            found =
                "\(place) is empty, but the event log has events that \(service) has published: its data is elsewhere"
            ways = [
                "set 'database' of \(service) to where its data is", "restore it from a backup",
                "to begin with an empty one: sambal adopt \(service)",
            ]
        case .other(let store):
            found =
                "\(place) holds \(store.map { "another store (\($0.id), made \($0.createdAt))" } ?? "data without an identity"), "
                + "and the data of \(service) is at \(known)"
            ways = ["set 'database' of \(service) back to that", adopt]
        case .ofService(let other):
            found = "\(place) holds the data of the service \(other)"
            ways = ["give \(service) a database, or a 'schema', of its own"]
        case .older(let starts):
            found =
                "\(place) is an older copy: \(service) has started \(remembered?.starts ?? 0) times on its store, and this "
                + "one says \(starts)"
            ways = ["put the newest copy there", adopt]
        case .outdatedCopy:
            found = "\(place) is a copy of \(known), and \(service) has gone on there since it was made"
            ways = ["set 'database' of \(service) back to that", "empty the copy, and move again", adopt]
        }
        let anchor = if case .ofService = reason { "store-of-another-service" } else { "store-refused" }
        description =
            "\(found). Nothing was changed. Ways out: \(ways.joined(separator: "; ")). "
            + "See docs/runbook.md#\(anchor)"
    }
}
