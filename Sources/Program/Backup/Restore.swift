import FoundationEssentials
import Glibc
import Kernel

/// Puts a backup into an empty data folder.
struct Restore {
    let folder: BackupFolder
    let backup: OpenBackup
    let data: String
    let now: Timestamp

    /// Writes all files, each checked against its checksum, and the record of the shop as the last one.
    func run() throws {
        for file in backup.contents.files { try check(file) }
        try DataFolder.create(data)
        let mark = try UnfinishedRestore(in: data)
        let reader = BlockReader(folder, backup)
        var folders: Set<String> = []
        for file in backup.contents.files {
            let path = data + "/" + file.path
            try DataFolder.create(DurableFile.folder(of: path))
            try write(file, to: path, reader)
            folders.insert(path)
        }
        for path in folders { DurableFile.flushFolder(of: path) }
        try ShopRecordFile(data: data).update { $0 = record }
        try mark.finish()
    }

    /// The record of the shop with the places of its stores in this folder.
    private var record: ShopRecord {
        var record = backup.contents.facts.shop
        for file in backup.contents.files where file.kind == .store {
            guard let service = file.service else { continue }
            record.services[service]?.database = place(of: file)
        }
        record.restored = ShopRecord.Restored(backup: backup.header.id, cut: backup.header.cut, at: now)
        return record
    }

    /// The store's value of `database:`.
    func place(of file: BackupContents.File) -> String {
        let path = data + "/" + file.path
        guard file.path.hasSuffix("/data.mdb") else { return "sqlite:\(path)" }
        return "lmdb:\(DurableFile.folder(of: path))"
    }

    /// Refuses a path that leads out of the folder.
    private func check(_ file: BackupContents.File) throws {
        let words = file.path.split(separator: "/", omittingEmptySubsequences: false)
        guard !words.contains(where: { ["", ".", ".."].contains($0) }), !file.path.utf8.contains(0) else {
            throw CommandFailure("backup \(backup.header.id) has a file with a path that cannot be: \(file.path)")
        }
    }

    private func write(_ file: BackupContents.File, to path: String, _ reader: BlockReader) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw fault(path) }
        defer { close(descriptor) }
        try reader.read(file) { try BackupWriter.put($0, to: descriptor, path) }
        guard fsync(descriptor) == 0 else { throw fault(path) }
    }

    private func fault(_ path: String) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
