import Kernel
import Storage
import Synchronization

/// The records that one transaction has changed so far.
final class AuditNotes: Sendable {
    struct Key: Hashable, Sendable {
        let collection: String
        let id: String
    }
    /// The values of one record when the transaction began, and now; `nil` if there is none.
    struct Note: Sendable {
        let key: Key
        let before: [String: JSONDocument]?
        var after: [String: JSONDocument]?
    }
    struct State: Sendable {
        fileprivate(set) var notes: [Note] = []
        fileprivate var places: [Key: Int] = [:]
    }
    private let held = Mutex(State())

    /// For a savepoint: what is noted after it is taken back with it.
    var state: State { held.withLock { $0 } }

    func restore(_ state: State) { held.withLock { $0 = state } }

    func knows(_ id: String, in collection: String) -> Bool {
        held.withLock { $0.places[Key(collection: collection, id: id)] != nil }
    }

    /// Notes a change. `before` counts only the first time that the transaction changes the record.
    func note(
        _ id: String, in collection: String, before: [String: JSONDocument]?, after: [String: JSONDocument]?
    ) {
        let key = Key(collection: collection, id: id)
        held.withLock { state in
            if let place = state.places[key] {
                state.notes[place].after = after
            } else {
                state.places[key] = state.notes.count
                state.notes.append(Note(key: key, before: before, after: after))
            }
        }
    }

    /// The records that differ from what they were, in the order of their first change.
    var changed: [Note] { held.withLock { $0.notes }.filter { $0.before != $0.after } }
}

extension AuditNotes.Note {
    /// Members whose values are identifiers of what a record is about.
    private static let references = ["orderId", "paymentId", "subject", "chargeId", "checkoutId", "cartId"]

    /// The record's own identifier, and those that it names.
    var about: [String] {
        let values = (before ?? [:]).merging(after ?? [:]) { $1 }
        return [key.id]
            + Self.references.compactMap { name in
                guard case .text(let id)? = values[name], !id.isEmpty, id.utf8.count <= 128 else { return nil }
                return id
            }
    }

    /// The values that differ, masked; digests of all of them if they are too many.
    var change: AuditRecord.Change {
        let old = before?.filter { after?[$0.key] != $0.value }
        let new = after?.filter { before?[$0.key] != $0.value }
        let isCut = max(old?.count ?? 0, new?.count ?? 0) > AuditValues.most
        return isCut
            ? digested
            : .init(
                collection: key.collection, id: key.id, before: old.map(AuditValues.masking),
                after: new.map(AuditValues.masking), isCut: nil)
    }

    /// The change as the digests of all values before and after, in canonical form and without a mask.
    var digested: AuditRecord.Change {
        func digest(_ values: [String: JSONDocument]?) -> [String: JSONDocument]? {
            values.map { ["digest": .text(AuditValues.digest(of: CanonicalJSON.bytes(of: .object($0))))] }
        }
        return .init(
            collection: key.collection, id: key.id, before: digest(before), after: digest(after), isCut: true)
    }
}
