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
        if let engine = Self(url: url, service: service) {
            self = engine
        } else {
            section.report("database", "must be \(Self.forms)")
            self = .sqlite(file: defaultFile)
        }
    }

    /// `nil` where the text has none of the forms.
    init?(url: String, service: String) {
        let parts = url.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "sqlite": self = .sqlite(file: parts[1])
        case "lmdb": self = .lmdb(folder: parts[1])
        case "postgres", "postgresql":
            // Services that share a database do not share tables.
            guard let settings = PostgreSQLSettings(url: url, defaultSchema: service) else { return nil }
            self = .postgreSQL(settings)
        case "mariadb", "mysql":
            guard let settings = MariaDBSettings(url: url, defaultSchema: service) else { return nil }
            self = .mariaDB(settings)
        case "mongodb", "mongodb+srv":
            guard let settings = MongoDBSettings(url: url, defaultSchema: service) else { return nil }
            self = .mongoDB(settings)
        default: return nil
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

    func open(loop: any Loop) throws -> any Database {
        switch self {
        case .sqlite(let file): try SQLiteDatabase(path: file, loop: loop)
        case .lmdb(let folder): try LMDBDatabase(folder: folder, loop: loop)
        case .postgreSQL(let settings): try PostgreSQLDatabase(settings, loop: loop)
        case .mariaDB(let settings): try MariaDBDatabase(settings, loop: loop)
        case .mongoDB(let settings): try MongoDBDatabase(settings, loop: loop)
        }
    }
}
