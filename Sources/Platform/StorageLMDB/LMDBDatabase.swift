public import Kernel
public import Storage

/// A service's database in one LMDB folder, durable at each commit.
///
/// Transactions run on a writer of their own, all that wait at a time in one commit; reads run beside them and see what
/// was committed when they begin. Several processes may use the same folder. It grows as needed; a transaction closure
/// that found it too small runs again.
public final class LMDBDatabase: WorkerDatabase {
    package let workers: DatabaseWorkers<Session>
    private let environment: Environment

    /// Opens the folder, or makes it. Throws `StorageError` that says what is wrong with it or with where it should be.
    public convenience init(
        folder: String, loop: any Loop, limits: ReadLimits = ReadLimits()
    ) throws(StorageError) {
        try self.init(folder: folder, loop: loop, limits: limits, mapSize: 64 << 20)
    }

    /// Begins with a map of that many bytes; ignored if this process has the folder open already.
    package init(
        folder: String, loop: any Loop, limits: ReadLimits = ReadLimits(), mapSize: Int
    ) throws(StorageError) {
        let environment = try EnvironmentRegistry.shared.open(folder, mapSize: mapSize)
        self.environment = environment
        let lock: DatabaseUsageLock
        do throws(StorageError) {
            lock = try DatabaseUsageLock("\(folder)/data")
        } catch {
            EnvironmentRegistry.shared.release(environment)
            throw error
        }
        workers = DatabaseWorkers(
            named: "lmdb", loop: loop, limits: limits, batchSize: 128, writer: LMDBWriter(environment: environment)
        ) { _ in
            LMDBReader(environment: environment)
        }
        workers.hold(lock)
    }

    package static func handle(_ scope: TransactionClosureScope<Session>) -> any Transaction {
        LMDBTransaction(scope: scope)
    }

    /// A closure that found the map too small, or that kept it from growing, runs again. Each round doubles the map,
    /// until the closure fits or the disk is full.
    package func recovery(from error: any Error, attempts: Int) -> TransactionRecovery {
        error is MapHasGrown || error is MapIsGrowing ? .retry(after: .zero) : .fail(error)
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let time = workers.loop.now.description
        try await workers.onWriter { [environment] in
            try environment.writeAlone { try Migrator(session: $0, time: time).run(migrations) }
        }
    }

    public func check() async throws {
        try await workers.read(.vital) { [environment] scope in
            try environment.checkFile()
            let session = try scope.open()
            _ = try session.entries(of: session.schemaTable)
            try FreeSpace.check(at: session.path)
        }
    }

    package func collectionNames() async throws -> Set<String> {
        try await workers.read(.vital) { Set(try $0.open().registry.collections.keys) }
    }

    package func create(missing collections: [CollectionSchema]) async throws {
        let known = try await collectionNames()
        guard !collections.allSatisfy({ known.contains($0.name) }) else { return }
        let time = workers.loop.now.description
        try await workers.onWriter { [environment] in
            try environment.writeAlone { try Migrator(session: $0, time: time).create(missing: collections) }
        }
    }

    /// Walks through all records and index entries; LMDB looks at each page that it meets.
    package func integrityFaults() async throws -> [String] {
        try await workers.read(.report) { scope in
            let session = try scope.open()
            var faults: [String] = []
            for collection in session.registry.collections.values.sorted(by: { $0.name < $1.name }) {
                let records = try session.countedEntries(of: collection.records)
                for index in collection.indexes where try session.countedEntries(of: index.table) != records {
                    faults.append(
                        "\(session.path): an index of \(collection.name) has not as many entries as there are records")
                }
            }
            return faults
        }
    }
}
