import Kernel
import Synchronization

/// Remembers what the documents decoded last were made of: most of what is read was written, or read, a moment ago.
///
/// It answers only for a document that is the same to the byte, so that it need not know which transactions stood.
final class DecodedDocuments<Root: Entity>: Sendable {
    private struct Entry {
        let document: [UInt8]
        let entity: Root
    }
    private struct Entries {
        /// When the young ones are full they become the old ones, and the old ones go.
        var young: [String: Entry] = [:]
        var old: [String: Entry] = [:]
    }
    private let entries = Mutex(Entries())
    private static var limit: Int { 256 }
    /// Longer documents are not remembered: many of them would take more memory than they save time.
    private static var longest: Int { 16 << 10 }

    func find(_ id: String, _ document: [UInt8]) -> Root? {
        entries.withLock { entries in
            guard let entry = entries.young[id] ?? entries.old[id], entry.document == document else { return nil }
            return entry.entity
        }
    }

    func remember(_ entity: Root, _ document: [UInt8]) {
        guard document.count <= Self.longest else { return }
        entries.withLock { entries in
            if entries.young.count >= Self.limit {
                entries.old = entries.young
                entries.young = [:]
            }
            entries.young[entity.id] = Entry(document: document, entity: entity)
        }
    }
}
