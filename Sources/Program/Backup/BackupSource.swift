import FoundationEssentials
import Glibc
import Kernel
import ServiceHost
import Storage
import StorageLMDB
import StorageSQLite

/// The parts of a shop that a backup consists of: stores, the event log, and the other files of the data folder.
struct BackupSource {
    /// A store or the log, whose snapshot can be taken while services run.
    struct Part {
        let snapshot: any StoreSnapshot
        let kind: BackupContents.File.Kind
        let service: String?
        /// Within the data folder.
        let path: String
        let wasOutside: Bool
    }
    /// A store on a database server, which is copied while no service runs.
    struct Server {
        let service: any ServiceDefinition.Type
        let engine: DatabaseEngine
        /// The SQLite file in the backup that holds its records.
        let path: String
    }
    let data: String
    private(set) var parts: [Part] = []
    private(set) var servers: [Server] = []
    private var storeFiles: Set<String> = []
    /// The names that parts have in the backup. A former store of that name is no part of it.
    private var taken: Set<String> { Set(parts.map(\.path) + servers.map(\.path)) }
    private let backups: String?

    /// Opens what is there; nothing is created. `backups` is the folder of the backups, which is no part of one.
    init(_ stores: ShopStores, backups: String) throws {
        data = try Self.real(stores.data)
        self.backups = try? Self.real(backups)
        for (service, engine) in stores.services where engine.mayExist {
            switch engine {
            case .sqlite(let file):
                try add(try SQLiteSnapshot(path: file), file, service.name, fallback: "\(service.name).db")
            case .lmdb(let folder):
                let file = folder + "/data.mdb"
                try add(try LMDBSnapshot(folder: folder), file, service.name, fallback: "\(service.name)/data.mdb")
            case .postgreSQL, .mariaDB, .mongoDB:
                servers.append(Server(service: service, engine: engine, path: "\(service.name).db"))
            }
        }
        let log = LogGuard.path(data: stores.data)
        if case .embedded = stores.settings.events, access(log, F_OK) == 0 {
            try add(try SQLiteSnapshot(path: log, isStore: false), log, nil, fallback: "events.db")
        }
    }

    private mutating func add(
        _ snapshot: any StoreSnapshot, _ file: String, _ service: String?, fallback: String
    ) throws {
        let path = try Self.real(file)
        storeFiles.insert(path)
        let isInside = path.hasPrefix(data + "/")
        parts.append(
            Part(
                snapshot: snapshot, kind: service == nil ? .log : .store, service: service,
                path: isInside ? String(path.dropFirst(data.count + 1)) : fallback, wasOutside: !isInside))
    }

    func close() { for part in parts { part.snapshot.close() } }

    private static func real(_ path: String) throws -> String {
        guard let found = realpath(path, nil) else {
            throw CommandFailure("\(path) cannot be used: \(String(cString: strerror(errno)))")
        }
        defer { free(found) }
        return String(cString: found)
    }
}

extension BackupSource {
    /// A file of the data folder that is neither a store nor the log: secrets, keys, mails in a folder.
    struct OtherFile {
        let path: String
        let bytes: Int
        let changed: Int64
    }
    /// Files that mean nothing without the process that made them, and those that a backup makes itself.
    private static let companions = [
        ".lock", ".use", ".draft", ".sock", "-wal", "-shm", "-journal", "lock.mdb", "events.db", "shop.json",
    ]

    /// The other files as they are now, without those that a process is just writing.
    func otherFiles() -> [OtherFile] {
        var (found, folders) = ([OtherFile](), [""])
        let taken = taken
        while let folder = folders.popLast() {
            let place = folder.isEmpty ? data : data + "/" + folder
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).sorted() {
                let path = folder.isEmpty ? name : folder + "/" + name
                var status = stat()
                guard lstat(place + "/" + name, &status) == 0 else { continue }
                // A link to a file is followed, as a mounted secret is one; a link to a folder is not.
                let isLink = status.st_mode & S_IFMT == S_IFLNK
                if isLink { guard stat(place + "/" + name, &status) == 0 else { continue } }
                if status.st_mode & S_IFMT == S_IFDIR {
                    let isRun = path == "run" || place + "/" + name == backups
                    if !isLink, !isRun { folders.append(path) }
                } else if status.st_mode & S_IFMT == S_IFREG, !taken.contains(path), isWanted(path) {
                    found.append(OtherFile(path: path, bytes: Int(status.st_size), changed: Self.changed(status)))
                }
            }
        }
        return found
    }

    private func isWanted(_ path: String) -> Bool {
        !storeFiles.contains(data + "/" + path) && !Self.companions.contains { path.hasSuffix($0) }
            && !(path.split(separator: "/").last ?? "").hasPrefix(".dat.nosync") && path != UnfinishedRestore.name
    }

    /// In nanoseconds; the later one of both times, since a file that was written elsewhere and renamed keeps one.
    private static func changed(_ status: stat) -> Int64 {
        let times = [status.st_mtim, status.st_ctim].map { Int64($0.tv_sec) * 1_000_000_000 + Int64($0.tv_nsec) }
        return max(times[0], times[1])
    }

    /// Gives the bytes of such a file. Returns `false` if it has gone meanwhile.
    func read(_ file: OtherFile, _ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        let descriptor = open(data + "/" + file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 || errno != ENOENT else { return false }
        guard descriptor >= 0 else { throw fault(file) }
        defer { Glibc.close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(file) }
            guard count > 0 else { return true }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private func fault(_ file: OtherFile) -> CommandFailure {
        CommandFailure("\(data)/\(file.path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
