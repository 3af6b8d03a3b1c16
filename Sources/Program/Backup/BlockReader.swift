import Cryptography
import Glibc
import Kernel

/// Reads the blocks of a backup from the backups that hold them, and checks each.
final class BlockReader {
    private let folder: BackupFolder
    private let backup: OpenBackup
    private var files: [String: (descriptor: Int32, cipher: BackupCipher?)] = [:]

    init(_ folder: BackupFolder, _ backup: OpenBackup) { (self.folder, self.backup) = (folder, backup) }

    deinit { for file in files.values { close(file.descriptor) } }

    /// Gives a file block by block. Throws `CommandFailure` if one is missing or damaged, or the file is not as it was.
    func read(_ file: BackupContents.File, _ take: ([UInt8]) throws -> Void) throws {
        let digest = RunningDigest()
        var count = 0
        for block in file.blocks {
            let bytes = try read(block)
            digest.add(bytes)
            count += bytes.count
            try take(bytes)
        }
        guard count == file.bytes, hexadecimal(digest.finish()) == file.sha256 else {
            throw CommandFailure("\(file.path) of backup \(backup.header.id) is not as it was written")
        }
    }

    private func read(_ block: BackupContents.Block) throws -> [UInt8] {
        let (descriptor, cipher) = try file(of: block.backup)
        let length = block.length + (cipher == nil ? 0 : AuthenticatedCipher.overhead)
        var stored = [UInt8](repeating: 0, count: length)
        let count = stored.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, length, off_t(block.offset)) }
        guard count == length, let bytes = cipher.map({ $0.open(stored, at: block.offset) }) ?? stored,
            hexadecimal(Digest.sha256(bytes)) == block.sha256
        else {
            throw CommandFailure(
                "backup \(block.backup) is damaged: the block at \(block.offset) of its \(BackupFormat.blocks) is "
                    + (count == length ? "not as it was written" : "missing"))
        }
        return bytes
    }

    private func file(of id: String) throws -> (descriptor: Int32, cipher: BackupCipher?) {
        if let known = files[id] { return known }
        guard !id.contains("/"), id != "..", id != "." else {
            throw CommandFailure("backup \(backup.header.id) names a backup that cannot be: \(id)")
        }
        let descriptor = open(folder.path(of: id) + "/" + BackupFormat.blocks, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                "backup \(backup.header.id) needs backup \(id), whose \(BackupFormat.blocks) cannot be read: "
                    + String(cString: strerror(errno)))
        }
        let file = (descriptor, backup.keys?.cipher(of: .blocks, in: id))
        files[id] = file
        return file
    }
}
