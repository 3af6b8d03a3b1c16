import Kernel
import PlatformTestSupport
import Storage
import StorageLMDB
import StorageSQLite

/// An engine that has to pass the suites of this folder.
struct StorageEngine: Sendable, CustomStringConvertible {
    let description: String
    /// Opens the database of that folder, a second time too: as another process would, or after a close.
    let open: @Sendable (TemporaryDirectory, any Loop) throws -> any Database

    static let sqlite = StorageEngine(description: "SQLite") { directory, loop in
        try SQLiteDatabase(path: directory.file("test.db"), loop: loop)
    }

    static let lmdb = StorageEngine(description: "LMDB") { directory, loop in
        try LMDBDatabase(folder: directory.file("test.lmdb"), loop: loop)
    }

    static let all = [sqlite, lmdb]
}

/// An engine on a kind of loop.
struct Setting: Sendable, CustomStringConvertible {
    let engine: StorageEngine
    let loop: LoopKind

    var description: String { "\(engine), \(loop)" }

    static let all = StorageEngine.all.flatMap { engine in LoopKind.allCases.map { Setting(engine: engine, loop: $0) } }

    /// Runs `body` with a new database that has the table of `Gadget`.
    func run(_ body: @escaping @Sendable (Stage) async throws -> Void) async throws {
        try await loop.run { [engine] loop in
            let directory = TemporaryDirectory()
            let database = try engine.open(directory, loop)
            try await database.migrate(Gadget.migrations)
            try await body(Stage(engine: engine, directory: directory, loop: loop, database: database))
            await database.close()
        }
    }
}

struct Stage: Sendable {
    let engine: StorageEngine
    let directory: TemporaryDirectory
    let loop: any Loop
    let database: any Database

    var gadgets: Repository<Gadget> { Repository(database) }

    func openAgain() throws -> any Database { try engine.open(directory, loop) }
}
