import Configuration
import FoundationEssentials
import Kernel
import Storage
import StorageLMDB
import StorageMariaDB
import StorageMongoDB
import StoragePostgreSQL
import StorageSQLite

/// Where a service keeps what it stores.
enum DatabaseEngine: Sendable {
    case sqlite(file: String)
    case lmdb(folder: String)
    case postgreSQL(PostgreSQLSettings)
    case mariaDB(MariaDBSettings)
    case mongoDB(MongoDBSettings)

    static let forms =
        "sqlite:FILE, lmdb:FOLDER, or postgres://, mariadb:// or mongodb://USER:PASSWORD@HOST:PORT/DATABASE"

    /// `database: sqlite:FILE` or one of the other forms; a file in the data folder where nothing is said.
    init(of service: String, from section: Configuration, defaultFile: String) {
        let url = section.string("database", default: "sqlite:\(defaultFile)")
        do throws(DatabaseURLError) {
            self = try Self(url: url, service: service)
        } catch {
            section.report("database", error.message)
            self = .sqlite(file: defaultFile)
        }
    }

    /// Throws where the text has none of the forms, or a parameter that nobody knows.
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

    /// For people to read: without a password.
    var name: String {
        switch self {
        case .sqlite(let file): "sqlite:\(file)"
        case .lmdb(let folder): "lmdb:\(folder)"
        case .postgreSQL(let settings): settings.name
        case .mariaDB(let settings): settings.name
        case .mongoDB(let settings): settings.name
        }
    }

    /// Whether there may be something: `false` where there is no such file. Opening it would make one.
    var mayExist: Bool {
        switch self {
        case .sqlite(let path), .lmdb(let path): FileManager.default.fileExists(atPath: path)
        case .postgreSQL, .mariaDB, .mongoDB: true
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

    /// With one connection, where there are several.
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
