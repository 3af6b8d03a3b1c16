import HTTP
package import Kernel

extension AuditRecord {
    /// Bytes of changes that are told with their values; of others, digests are.
    private static let mostBytes = 64 << 10
    private static let mostChanges = 500
    private static let mostSubjects = 1000

    /// Makes the record that follows `head`.
    init(
        of changed: [AuditNotes.Note], _ trail: AuditTrail, service: String, at time: Timestamp, after head: AuditHead?
    ) {
        var (changes, bytes) = ([Change](), 0)
        for note in changed.prefix(Self.mostChanges) {
            let change = note.change
            let size = change.size
            changes.append(bytes + size > Self.mostBytes ? note.digested : change)
            bytes += min(size, Self.mostBytes)
        }
        var (about, known) = ([String](), Set<String>())
        for id in trail.about + changed.flatMap(\.about) where about.count < Self.mostSubjects {
            if known.insert(id).inserted { about.append(id) }
        }
        self.init(
            number: (head?.number ?? 0) + 1, service: service, time: time, operation: trail.operation,
            who: trail.caller?.subject, issuer: trail.caller?.issuer, roles: trail.caller?.roles ?? [],
            address: trail.address, forwarded: trail.forwarded, request: trail.request, trace: trail.trace,
            reason: trail.reason, about: about, changes: changes,
            more: changed.count > changes.count ? changed.count - changes.count : nil,
            previous: head?.hash ?? Self.genesis)
    }

    /// Makes the record of a change of documents that are in no database, for a chain that is kept elsewhere; `nil` if they
    /// did not change.
    package init?(
        of documents: [(collection: String, id: String, before: JSONDocument?, after: JSONDocument?)],
        _ trail: AuditTrail, service: String, at time: Timestamp, after head: AuditHead?
    ) {
        let notes = AuditNotes()
        for document in documents {
            notes.note(
                document.id, in: document.collection, before: document.before.map { AuditValues.of($0) },
                after: document.after.map { AuditValues.of($0) })
        }
        guard !notes.changed.isEmpty else { return nil }
        self.init(of: notes.changed, trail, service: service, at: time, after: head)
    }
}
