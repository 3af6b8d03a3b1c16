import FoundationEssentials
import Kernel

/// The name that a service's store has for good, kept inside the store itself: so that an empty store, another service's,
/// or an older copy is told from the one that a service has used before.
package struct StoreIdentity: Sendable, Hashable, Codable {
    /// The store that this one was copied from.
    package struct Origin: Sendable, Hashable, Codable {
        package let id: String
        /// Its number by then.
        package let starts: Int

        package init(id: String, starts: Int) {
            self.id = id
            self.starts = starts
        }
    }
    package let id: String
    /// The service whose data it holds.
    package let service: String
    /// Grows with each start of the service and each minute that it runs: a store with a smaller number than was seen
    /// before is an older copy.
    package var starts: Int
    /// RFC 3339.
    package let createdAt: String
    /// Given by `sambal copy`.
    package let origin: Origin?

    package init(id: String, service: String, starts: Int = 0, createdAt: String, origin: Origin? = nil) {
        self.id = id
        self.service = service
        self.starts = starts
        self.createdAt = createdAt
        self.origin = origin
    }

    /// A collection of one record, beside those of the service's migrations.
    package static let schema = CollectionSchema(name: "storeIdentity", fields: [])
    private static let recordID = "store"
}

/// How a store is found before anything is made in it.
package enum StoreState: Sendable, Hashable {
    /// Nobody has stored anything there.
    case empty
    /// There are collections and no identity: a program has made them that gave none.
    case unnamed
    case named(StoreIdentity)
}

extension ClaimableDatabase {
    /// Looks at the store, and makes nothing in it.
    package func storeState() async throws -> StoreState {
        let names = try await collectionNames()
        let isBare = names.subtracting([StoreIdentity.schema.name]).isEmpty
        guard names.contains(StoreIdentity.schema.name) else { return isBare ? .empty : .unnamed }
        let identity = try await read { try await StoreIdentity.find(in: $0) }
        return identity.map(StoreState.named) ?? (isBare ? .empty : .unnamed)
    }

    /// Gives the store an identity, or replaces the one that it has.
    package func setIdentity(_ identity: StoreIdentity) async throws {
        try await create(missing: [StoreIdentity.schema])
        try await transaction { try await identity.store(in: $0) }
    }

    /// Counts a start of the service, or a minute that it ran, and returns the identity with it.
    package func countUp() async throws -> StoreIdentity? {
        try await transaction { tx in
            guard var identity = try await StoreIdentity.find(in: tx) else { return nil }
            identity.starts += 1
            try await identity.store(in: tx)
            return identity
        }
    }
}

extension StoreIdentity {
    fileprivate static func find(in tx: any ReadTransaction) async throws -> StoreIdentity? {
        try await tx.find(schema, id: recordID).map { try JSON.decode(Self.self, from: Data($0.document)) }
    }

    fileprivate func store(in tx: any Transaction) async throws {
        try await tx.put(
            Record(id: Self.recordID, version: 1, document: try JSON.bytes(of: self), fields: []), in: Self.schema)
    }
}

/// A database that can tell whether anybody else has its data open: for what must not meet a service that runs.
package protocol ClaimableDatabase: Database {
    /// Whether nobody else has it open, no other program and no other value of this one. Where the engine can, others are
    /// then refused until `release`. Only for a database that has one connection.
    func acquireExclusive() async throws -> Bool

    /// Lets others in again, at once: a server would take a moment to notice that a connection was closed.
    func releaseExclusive() async throws

    /// The names of all collections that are there, those of migrations' own notes among them. Makes nothing.
    func collectionNames() async throws -> Set<String>

    /// Makes those of the collections that are missing. They belong to the platform and to no migration.
    func create(missing collections: [CollectionSchema]) async throws

    /// Reads all that is stored and returns what is wrong with it, in sentences; empty if nothing is.
    func integrityFaults() async throws -> [String]
}

extension ClaimableDatabase {
    package func releaseExclusive() async throws {}

    /// A server watches over its own files.
    package func integrityFaults() async throws -> [String] {
        try await check()
        return []
    }
}
