import Configuration
import Kernel
import Storage
import StorageLMDB
import StorageSQLite

/// Where a service keeps what it stores.
enum DatabaseEngine: Sendable {
    case sqlite(file: String)
    case lmdb(folder: String)

    static let forms = "sqlite:FILE or lmdb:FOLDER"

    /// `database: sqlite:FILE` or one of the other forms; a file in the data folder where nothing is said.
    init(from section: Configuration, defaultFile: String) {
        let url = section.string("database", default: "sqlite:\(defaultFile)")
        if let engine = Self(url: url) {
            self = engine
        } else {
            section.report("database", "must be \(Self.forms)")
            self = .sqlite(file: defaultFile)
        }
    }

    /// `nil` where the text has none of the forms.
    init?(url: String) {
        let parts = url.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "sqlite": self = .sqlite(file: parts[1])
        case "lmdb": self = .lmdb(folder: parts[1])
        default: return nil
        }
    }

    /// For people to read.
    var name: String {
        switch self {
        case .sqlite(let file): "sqlite:\(file)"
        case .lmdb(let folder): "lmdb:\(folder)"
        }
    }

    func open(loop: any Loop) throws -> any Database {
        switch self {
        case .sqlite(let file): try SQLiteDatabase(path: file, loop: loop)
        case .lmdb(let folder): try LMDBDatabase(folder: folder, loop: loop)
        }
    }
}
