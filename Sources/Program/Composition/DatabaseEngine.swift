import Configuration
import FoundationEssentials
import Kernel
import Storage
import StorageLMDB
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL
import StorageSQLite

/// The database engine of a service, with its location.
enum DatabaseEngine: Sendable {
    case sqlite(file: String)
    case lmdb(folder: String)
    case postgreSQL(PostgreSQLSettings)
    case mariaDB(MariaDBSettings)
    case mongoDB(MongoDBSettings)

    static let forms =
        "sqlite:FILE, lmdb:FOLDER, or postgres://, mariadb:// or mongodb://USER:PASSWORD@HOST:PORT/DATABASE"

    /// Reads `database: sqlite:FILE` or one of the other forms; the default is a file in the data folder.
    init(of service: String, from section: Configuration, defaultFile: String) {
        let url = section.string(
            "database", default: "sqlite:\(defaultFile)",
            help:
                "The database of the service: `sqlite:FILE`, `lmdb:FOLDER`, or a URL of PostgreSQL, MariaDB or MongoDB (databases.md)."
        )
        do throws(DatabaseURLError) {
            self = try Self(url: url, service: service)
        } catch {
            section.report("database", error.message)
            self = .sqlite(file: defaultFile)
        }
    }

    /// Throws if the text has none of the forms, or an unknown parameter.
    init(url: String, service: String) throws(DatabaseURLError) {
        let parts = url.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw DatabaseURLError("must be \(Self.forms)") }
        self =
            switch parts[0] {
            case "sqlite": .sqlite(file: parts[1])
            case "lmdb": .lmdb(folder: parts[1])
            // Services that share a database do not share tables.
            case "postgres", "postgresql": .postgreSQL(try PostgreSQLSettings(url: url, defaultSchema: service))
            case "mariadb", "mysql": .mariaDB(try MariaDBSettings(url: url, defaultSchema: service))
            case "mongodb", "mongodb+srv": .mongoDB(try MongoDBSettings(url: url, defaultSchema: service))
            default: throw DatabaseURLError("must be \(Self.forms)")
            }
    }

    /// The URL for people to read, without a password.
    var name: String {
        switch self {
        case .sqlite(let file): "sqlite:\(file)"
        case .lmdb(let folder): "lmdb:\(folder)"
        case .postgreSQL(let settings): settings.name
        case .mariaDB(let settings): settings.name
        case .mongoDB(let settings): settings.name
        }
    }

    /// Whether the store may exist: `false` if there is no such file. Opening it would create one.
    var mayExist: Bool {
        switch self {
        case .sqlite(let path), .lmdb(let path): FileManager.default.fileExists(atPath: path)
        case .postgreSQL, .mariaDB, .mongoDB: true
        }
    }

    /// The file that holds the data of an embedded store.
    var file: String? {
        switch self {
        case .sqlite(let file): file
        case .lmdb(let folder): folder + "/data.mdb"
        case .postgreSQL, .mariaDB, .mongoDB: nil
        }
    }

    /// Removes the files of an embedded store. No process may have it open.
    func removeFiles() {
        switch self {
        case .sqlite(let file):
            for suffix in ["", "-wal", "-shm", ".use"] { try? FileManager.default.removeItem(atPath: file + suffix) }
        case .lmdb(let folder): try? FileManager.default.removeItem(atPath: folder)
        case .postgreSQL, .mariaDB, .mongoDB: break
        }
    }

    func open(loop: any Loop, limits: ReadLimits = ReadLimits()) throws -> any ClaimableDatabase {
        switch self {
        case .sqlite(let file): try SQLiteDatabase(path: file, loop: loop, limits: limits)
        case .lmdb(let folder): try LMDBDatabase(folder: folder, loop: loop, limits: limits)
        case .postgreSQL(let settings): try PostgreSQLDatabase(settings, loop: loop, limits: limits)
        case .mariaDB(let settings): try MariaDBDatabase(settings, loop: loop, limits: limits)
        case .mongoDB(let settings): try MongoDBDatabase(settings, loop: loop, limits: limits)
        }
    }

    /// A copy that is limited to one connection, if the engine has several.
    var withOneConnection: DatabaseEngine {
        switch self {
        case .postgreSQL(var settings):
            settings.connections = 1
            return .postgreSQL(settings)
        case .mariaDB(var settings):
            settings.connections = 1
            return .mariaDB(settings)
        case .sqlite, .lmdb, .mongoDB: return self
        }
    }
}
