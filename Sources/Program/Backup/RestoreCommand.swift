import Kernel
import Runtime

/// Restores a shop from a backup into an empty data folder.
enum RestoreCommand: Command {
    static let name = "restore"
    static let summary = "restores a shop from a backup into an empty data folder"
    static let forms = [
        Form(
            "", .one("DIR"), summary,
            options: [
                Option("data", "NEW", "the data folder to make; it must be empty, or not there"),
                Option("at", "ID", "the backup (default: the newest one)"),
                Option("until", "TIME", "the newest backup whose moment is not after that time of RFC 3339"),
            ] + BackupSecret.options + [.format], run: run)
    ]

    @Sendable private static func run(_ arguments: Arguments) throws {
        guard let data = arguments.string("data") else { throw UsageError("restore needs --data") }
        guard arguments.string("at") == nil || arguments.string("until") == nil else {
            throw UsageError("--at and --until exclude each other")
        }
        let until = try arguments.string("until").map { text in
            guard let time = Timestamp(text) else {
                throw UsageError("--until must be a time such as 2026-01-31T08:15:30Z, not \(text)")
            }
            return time
        }
        let folder = BackupFolder(path: arguments.operands[0])
        let header = try folder.choose(id: arguments.string("at"), until: until)
        let secret = try BackupSecret.read(arguments)
        // Somebody who may write to the folder could have put a backup of their own there.
        guard secret == nil || header.encryption != nil else {
            throw UsageError("backup \(header.id) is not encrypted: leave the key out if you trust it nevertheless")
        }
        let backup = try folder.open(header, secret)
        let restore = try withLoop { loop in Restore(folder: folder, backup: backup, data: data, now: loop.now) }
        try restore.run()
        Console.write(try table(restore).rendered(as: arguments.format))
        if arguments.format == .table { Console.write(advice(restore)) }
    }

    private static func table(_ restore: Restore) -> Table {
        var table = Table([.init("SERVICE"), .init("DATABASE", isFlexible: true), .init("IDENTITY"), .init("RECORDS")])
        let shop = restore.backup.contents.facts.shop
        for file in restore.backup.contents.files {
            switch file.kind {
            case .store:
                let store = file.service.flatMap { shop.services[$0] }
                table.add(file.service, restore.place(of: file), store?.identity, file.records.map(String.init))
            case .log:
                table.add(
                    "events", restore.data + "/" + file.path, shop.log?.identity, file.records.map(String.init))
            case .file: continue
            }
        }
        return table
    }

    private static func advice(_ restore: Restore) -> String {
        let header = restore.backup.header
        let moved = restore.backup.contents.files.filter { $0.wasOutside == true && $0.kind == .store }
        let places = moved.map { "  \($0.service ?? ""):\n    database: \(restore.place(of: $0))\n" }.joined()
        let change =
            moved.isEmpty
            ? ""
            : "These stores were outside of the data folder. Set them in the configuration, or copy them by `sambal copy`:\n"
                + places
        return """

            The shop is restored as it was at \(header.cut) (backup \(header.id)).
            \(change)It is the same shop: never run it beside the one that it was copied from. Start it, then compare the books:
              sambal up --data \(restore.data)
              sambal doctor --data \(restore.data)
              sambal reconcile
            Money that moved since \(header.cut) is found by the reconciliation: see docs/backup.md

            """
    }
}
