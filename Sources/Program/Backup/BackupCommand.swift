import Glibc
import Kernel
import Runtime

/// Makes backups of a shop, running or stopped, and looks after them.
enum BackupCommand: Command {
    static let name = "backup"
    static let summary = "makes a backup of a running or stopped shop, all stores and the event log in one moment"
    static let forms = [
        Form(
            "", .one("DIR"), summary,
            options: [
                Option(
                    "since", "ID", "store only what has changed since that backup of DIR; `latest` is the newest one")
            ] + BackupSecret.options + [.data, .config, .format], run: make),
        Form("list", .one("DIR"), "lists the backups of a folder", options: [.format], run: list),
        Form(
            "verify", .one("DIR"), "checks every byte of the backups of a folder",
            options: [Option("at", "ID", "only that backup")] + BackupSecret.options + [.format], run: verify),
    ]

    @Sendable private static func make(_ arguments: Arguments) throws {
        let settings = try arguments.settings(data: arguments.data, transport: .sockets)
        try DataFolder.check(arguments.data)
        let secret = try BackupSecret.read(arguments)
        let folder = BackupFolder(path: arguments.operands[0])
        let format = arguments.format
        try createFolder(folder.path)
        let base = try arguments.string("since").map { try open(base: $0, in: folder, secret) }
        let loop = EventLoop(name: "sambal")
        loop.start()
        defer { loop.stop() }
        let keys = try base?.keys ?? secret.map { try BackupKeys.new($0) { loop.random() } }
        let bars = StoreBars(isShown: format == .table)
        let header = try BackupRun(
            stores: ShopStores(settings: settings, data: arguments.data, loop: loop), folder: folder, base: base,
            keys: keys, progress: bars.show
        ).run()
        Console.write(try table([(header.id, .success(header))], folder).rendered(as: format))
        guard format == .table else { return }
        Console.write(
            "\nThe backup is whole. Writers waited for \(milliseconds(header.pause)). Keep its folder elsewhere, and try a "
                + "restore: sambal restore \(folder.path) --data NEW. See docs/backup.md\n")
    }

    /// Opens the earlier backup that a new one is based on; both are encrypted by one secret, or neither is.
    private static func open(base: String, in folder: BackupFolder, _ secret: BackupSecret?) throws -> OpenBackup {
        let header = try folder.choose(id: base, until: nil)
        guard header.encryption != nil || secret == nil else {
            throw UsageError(
                "backup \(header.id) is not encrypted, so one that is based on it cannot be: leave --since out")
        }
        if let missing = folder.missing(for: header) {
            throw CommandFailure(
                "backup \(header.id) needs backup \(missing), which is missing or damaged: leave --since out")
        }
        return try folder.open(header, secret)
    }

    private static func createFolder(_ path: String) throws {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw CommandFailure("the folder \(path) cannot be made: \(String(cString: strerror(errno)))")
    }

    @Sendable private static func list(_ arguments: Arguments) throws {
        let folder = BackupFolder(path: arguments.operands[0])
        let entries = try folder.entries()
        Console.write(try table(entries.map { ($0.id, $0.header) }, folder).rendered(as: arguments.format))
    }

    /// The columns of a list. `added` is the size of the blocks that the backup holds itself.
    private static func table(
        _ headers: [(String, Result<BackupHeader, CommandFailure>)], _ folder: BackupFolder
    ) -> Table {
        var table = Table([
            .init("BACKUP"), .init("MOMENT"), .init("SINCE"), .init("FILES"), .init("BYTES"), .init("ADDED"),
            .init("PAUSE", key: "pauseMicroseconds"), .init("ENCRYPTED"),
            .init("STATE", isFlexible: true, isStatus: true),
        ])
        for (id, result) in headers {
            switch result {
            case .success(let header):
                let missing = folder.missing(for: header)
                table.add(
                    header.id, header.cut.description, header.base, "\(header.files)", "\(header.bytes)",
                    "\(header.blocks.bytes)", "\(header.pause)", header.encryption == nil ? "no" : "yes",
                    missing.map { "FAULT: \($0) is missing or damaged" } ?? "ok")
            case .failure(let error):
                table.add(cells: [id] + Array(repeating: nil, count: 7) + ["FAULT: \(error.message)"])
            }
        }
        return table
    }

    @Sendable private static func verify(_ arguments: Arguments) throws {
        let folder = BackupFolder(path: arguments.operands[0])
        let verdicts = try BackupVerification(folder: folder, secret: try BackupSecret.read(arguments))
            .run(arguments.string("at"))
        var table = Table([
            .init("BACKUP"), .init("MOMENT"), .init("STATE", isStatus: true), .init("FINDING", isFlexible: true),
        ])
        for verdict in verdicts {
            let finding =
                verdict.fault
                ?? (verdict.isComplete
                    ? "every file is as it was"
                    : "the checksums are right; name the key to read what they cover")
            table.add(verdict.id, verdict.header?.cut.description, verdict.fault == nil ? "ok" : "FAULT", finding)
        }
        Console.write(try table.rendered(as: arguments.format))
        if verdicts.contains(where: { $0.fault != nil }) { throw ExitCode(code: ExitCode.failure) }
    }

    private static func milliseconds(_ microseconds: Int) -> String {
        "\(microseconds / 1000).\(microseconds / 100 % 10) ms"
    }
}

/// A bar for each store and for the log.
private final class StoreBars {
    private let isShown: Bool
    private var bar = ProgressBar("", total: 0)

    init(isShown: Bool) { self.isShown = isShown }

    func show(_ path: String, _ done: Int, _ total: Int) {
        guard isShown else { return }
        if bar.title != "\(path), KiB" { bar = ProgressBar("\(path), KiB", total: total) }
        bar.show(done)
    }
}
