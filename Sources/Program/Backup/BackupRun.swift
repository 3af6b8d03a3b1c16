import FoundationEssentials
import Glibc
import Kernel
import Runtime
import ServiceHost
import Storage
import StorageLMDB
import StorageSQLite

/// Makes one backup of a shop, whether it runs or not.
struct BackupRun {
    let stores: ShopStores
    let folder: BackupFolder
    /// The backup whose blocks are not stored again.
    let base: OpenBackup?
    let keys: BackupKeys?
    /// Shows the progress of a file, in KiB.
    let progress: (_ path: String, _ done: Int, _ total: Int) -> Void

    func run() throws -> BackupHeader {
        let lock = try BackupLock(folder.path + "/" + BackupFormat.lock, "another backup into \(folder.path)")
        defer { lock.release() }
        Self.remove(in: folder.path, prefix: BackupFormat.draftPrefix)
        let drafts = ControlAPI.folder(data: stores.data)
        try DataFolder.create(drafts)
        let own = try BackupLock(drafts + "/backup.lock", "another backup of \(stores.data)")
        defer { own.release() }
        Self.remove(in: drafts, prefix: Self.draftPrefix)
        let draft = drafts + "/" + Self.draftPrefix + UniqueName.make()
        guard mkdir(draft, 0o700) == 0 else {
            throw CommandFailure("\(draft) cannot be made: \(String(cString: strerror(errno)))")
        }
        defer { try? FileManager.default.removeItem(atPath: draft) }
        return try run(draft: draft)
    }
    /// Names of folders with unencrypted copies of stores, which never leave the data folder.
    private static let draftPrefix = "backup-"

    private func run(draft: String) throws -> BackupHeader {
        // Before anything is open: this program must not open an LMDB store twice.
        try checkStores()
        let source = try BackupSource(stores, backups: folder.path)
        defer { source.close() }
        if !source.servers.isEmpty { try refuseIfRunning(source) }
        let earlier = Set(source.otherFiles().map(\.path))
        let loop = stores.loop
        // LMDB lets nobody wait for its lock with a time limit: nothing else is held meanwhile.
        let snapshots = source.parts.map(\.snapshot)
        let order = snapshots.filter { $0 is LMDBSnapshot } + snapshots.filter { !($0 is LMDBSnapshot) }
        let ((record, cut), pause) = try BackupCut(loop: loop).take(of: order) {
            (try stores.file.read(), loop.now)
        }
        var shop = record
        let writer = try BackupWriter(folder, id: Self.id(cut, loop), base: base, keys: keys)
        for server in source.servers { try add(server, draft, writer, &shop) }
        if !source.servers.isEmpty { try refuseIfRunning(source) }
        var newestEvent: Int64?
        for part in source.parts {
            if part.kind == .log { newestEvent = try (part.snapshot as? SQLiteSnapshot)?.newestPosition() }
            try add(part, draft, writer)
        }
        try addOtherFiles(of: source, earlier: earlier, cut: cut, writer)
        return try writer.finish(
            cut: cut, pause: Int(pause.wholeNanoseconds / 1000), shop: shop, newestEvent: newestEvent)
    }

    private func add(_ part: BackupSource.Part, _ draft: String, _ writer: BackupWriter) throws {
        let total = try part.snapshot.size()
        var done = 0
        try writer.add(
            path: part.path, kind: part.kind, service: part.service, wasOutside: part.wasOutside,
            records: try part.snapshot.countRecords()
        ) { take in
            try part.snapshot.copy(by: draft + "/store") { bytes in
                try take(bytes)
                done += bytes.count
                progress(part.path, done / 1024, total / 1024)
            }
        }
        // The write-ahead log of SQLite grows for as long as its view is held.
        part.snapshot.close()
    }

    /// Adds the files that were there before the cut, and those that were written before it since. A mail that went out after
    /// the cut is one that the stores of the backup do not know: the restored shop sends it.
    private func addOtherFiles(
        of source: BackupSource, earlier: Set<String>, cut: Timestamp, _ writer: BackupWriter
    ) throws {
        let limit = (cut + Self.fileClock).milliseconds * 1_000_000
        for file in source.otherFiles() where earlier.contains(file.path) || file.changed <= limit {
            if writer.addUnchanged(path: file.path, bytes: file.bytes, changed: file.changed) { continue }
            var isThere = true
            try writer.add(path: file.path, kind: .file, changed: file.changed) { take in
                isThere = try source.read(file, take)
            }
            if !isThere { writer.dropLast() }
        }
    }
    /// The clock of files may be behind by a tick. A mail too many is written again as the same file.
    private static let fileClock = Duration.milliseconds(10)

    /// Refuses a backup without the stores that the data folder's record names: with another configuration than the shop's,
    /// one would be left out, or a former one taken in its place.
    private func checkStores() throws {
        let record = try stores.file.read()
        for (service, engine) in stores.services {
            guard let known = record.services[service.name] else { continue }
            let found = engine.mayExist
            let state: StoreState? =
                found
                ? try stores.loop.wait { [stores] in try await stores.with(engine) { try await $0.storeState() } } : nil
            if case .named(let identity)? = state, identity.id == known.identity { continue }
            throw CommandFailure(
                "the data of \(service.name) is in \(known.database), as shop.json says, and the configuration names "
                    + "\(engine.name), where \(found ? "another store is" : "there is none"). Name the shop's configuration by "
                    + "--config; nothing was kept")
        }
    }

    // MARK: - Stores on servers

    /// Copies a store on a server into a SQLite file, by `sambal copy`'s own way: that file is a store with an identity of its
    /// own that knows its origin.
    private func add(
        _ server: BackupSource.Server, _ draft: String, _ writer: BackupWriter, _ shop: inout ShopRecord
    ) throws {
        let (name, migrations) = (server.service.name, server.service.migrations)
        let target = DatabaseEngine.sqlite(file: draft + "/" + server.path)
        let loop = stores.loop
        let state = try loop.wait { [stores] in
            do {
                _ = try await DatabaseCopy(migrations, of: name, loop: loop).run(
                    from: try server.engine.withOneConnection.open(loop: loop), to: try target.open(loop: loop),
                    showing: NoProgress())
            } catch let error as UsageError {
                throw CommandFailure("\(name) cannot be backed up from \(server.engine.name): \(error.message)")
            }
            return try await stores.with(target) { try await $0.storeState() }
        }
        if case .named(let identity) = state {
            shop.services[name] = ShopRecord.Store(
                database: server.engine.name, identity: identity.id, starts: identity.starts)
        }
        let snapshot = try SQLiteSnapshot(path: draft + "/" + server.path)
        _ = try BackupCut(loop: loop).take(of: [snapshot]) {}
        try add(
            .init(snapshot: snapshot, kind: .store, service: name, path: server.path, wasOutside: true), draft, writer)
        target.removeFiles()
    }

    private func refuseIfRunning(_ source: BackupSource) throws {
        let (data, loop) = (stores.data, stores.loop)
        let running = try loop.wait { try await ControlClient(data: data, loop: loop).services() }
        guard !running.isEmpty else { return }
        let names = source.servers.map { "\($0.service.name) on \($0.engine.name)" }.joined(separator: ", ")
        throw CommandFailure(
            "the shop runs, and \(names): the moment of a backup of a running shop cannot be chosen on a database server. Stop "
                + "the shop first; or back it up by the server's own tools: see docs/backup.md")
    }

    // MARK: - Names

    /// A name that sorts by the time of the cut.
    private static func id(_ cut: Timestamp, _ loop: any Loop) -> String {
        let digits = cut.description.filter { $0.isNumber }
        return "\(digits.prefix(8))T\(digits.dropFirst(8).prefix(9))-\(hexadecimal(loop.random() & 0xFFFF, digits: 4))"
    }

    /// Removes what earlier runs have left that were killed. The lock tells that none of them is under way.
    private static func remove(in folder: String, prefix: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(prefix) {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }
}

private struct NoProgress: CopyProgress {
    func begin(_ collection: String, total: Int) {}
    func show(_ done: Int) {}
}

/// A lock on a file, for one backup at a time. The system takes it from a process that dies.
struct BackupLock {
    private let descriptor: Int32

    /// `other` says who has it if it is taken.
    init(_ path: String, _ other: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure("\(other) is under way; wait until it has ended")
        }
    }

    func release() { close(descriptor) }
}
