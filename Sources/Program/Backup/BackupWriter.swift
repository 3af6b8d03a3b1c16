import Cryptography
import FoundationEssentials
import Glibc
import Kernel
import ServiceHost

/// Writes a backup as a draft, which becomes a backup by its name once all of it is on the disk.
final class BackupWriter {
    let id: String
    private let folder: BackupFolder
    private let draft: String
    private let base: OpenBackup?
    private let keys: BackupKeys?
    private let cipher: BackupCipher?
    private let blocks: Int32
    private let digest = RunningDigest()
    private var offset = 0
    /// Blocks that are stored already, by their SHA-256.
    private var known: [String: BackupContents.Block] = [:]
    private let earlierFiles: [String: BackupContents.File]
    private var files: [BackupContents.File] = []

    /// `base` and `keys` belong together: blocks of an encrypted backup have its keys.
    init(_ folder: BackupFolder, id: String, base: OpenBackup?, keys: BackupKeys?) throws {
        self.id = id
        self.folder = folder
        self.base = base
        self.keys = keys
        cipher = keys?.cipher(of: .blocks, in: id)
        draft = folder.path(of: BackupFormat.draftPrefix + id)
        guard mkdir(draft, 0o700) == 0 else { throw Self.fault(draft) }
        blocks = open(draft + "/" + BackupFormat.blocks, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard blocks >= 0 else { throw Self.fault(draft) }
        earlierFiles = Dictionary(base?.contents.files.map { ($0.path, $0) } ?? []) { first, _ in first }
        for block in base?.contents.files.flatMap(\.blocks) ?? [] { known[block.sha256] = block }
    }

    deinit {
        close(blocks)
        try? FileManager.default.removeItem(atPath: draft)
    }

    /// Adds a file whose bytes `read` gives.
    func add(
        path: String, kind: BackupContents.File.Kind, service: String? = nil, wasOutside: Bool = false,
        records: Int? = nil, changed: Int64? = nil,
        reading read: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let whole = RunningDigest()
        var (bytes, found, waiting) = (0, [BackupContents.Block](), [UInt8]())
        try read { piece in
            whole.add(piece)
            bytes += piece.count
            waiting += piece
            var start = 0
            while waiting.count - start >= BackupFormat.blockSize {
                found.append(try store(Array(waiting[start..<start + BackupFormat.blockSize])))
                start += BackupFormat.blockSize
            }
            waiting.removeFirst(start)
        }
        if !waiting.isEmpty { found.append(try store(waiting)) }
        files.append(
            BackupContents.File(
                path: path, kind: kind, service: service, wasOutside: wasOutside ? true : nil, records: records,
                bytes: bytes, changed: changed, sha256: hexadecimal(whole.finish()), blocks: found))
    }

    /// Adds a file as the earlier backup has it, if neither its size nor its time has changed. Returns whether it did.
    func addUnchanged(path: String, bytes: Int, changed: Int64) -> Bool {
        guard let earlier = earlierFiles[path], earlier.kind == .file, earlier.bytes == bytes,
            earlier.changed == changed
        else { return false }
        files.append(earlier)
        return true
    }

    /// Leaves the file out that was added last.
    func dropLast() { files.removeLast() }

    /// Finishes the backup: flushes everything, writes the header, and gives the draft its name.
    func finish(cut: Timestamp, pause: Int, shop: ShopRecord, newestEvent: Int64?) throws -> BackupHeader {
        guard Set(files.map(\.path)).count == files.count else {
            throw CommandFailure("two files of the backup have one name; nothing was kept")
        }
        let bytes = files.reduce(0) { $0 + $1.bytes }
        let contents = BackupContents(
            facts: .init(
                id: id, cut: cut, base: base?.header.id, files: files.count, bytes: bytes, shop: shop,
                newestEvent: newestEvent), files: files)
        let plain = try contents.encoded()
        let sealed = keys.map { $0.cipher(of: .contents, in: id).seal(whole: plain) } ?? plain
        guard sealed.count <= BackupFolder.contentsLimit else {
            throw CommandFailure("the shop has more files and blocks than a backup can list; nothing was kept")
        }
        try write(sealed, to: BackupFormat.contents)
        guard fsync(blocks) == 0 else { throw Self.fault(draft) }
        let header = BackupHeader(
            format: BackupFormat.version, program: Version.current, id: id, cut: cut, base: base?.header.id,
            needs: Set(files.flatMap { $0.blocks.map(\.backup) }).subtracting([id]).sorted(), pause: pause,
            files: files.count, bytes: bytes,
            contents: .init(bytes: sealed.count, sha256: hexadecimal(Digest.sha256(sealed))),
            blocks: .init(bytes: offset, sha256: hexadecimal(digest.finish())), encryption: keys?.encryption)
        try write(try JSON.bytes(of: header) + [UInt8(ascii: "\n")], to: BackupFormat.header)
        DurableFile.flushFolder(of: draft + "/" + BackupFormat.header)
        guard rename(draft, folder.path(of: id)) == 0 else { throw Self.fault(draft) }
        DurableFile.flushFolder(of: folder.path(of: id))
        // As a later command reads it.
        return try folder.header(of: id)
    }

    private func store(_ block: [UInt8]) throws -> BackupContents.Block {
        let hash = hexadecimal(Digest.sha256(block))
        if let stored = known[hash] { return stored }
        let stored = BackupContents.Block(sha256: hash, backup: id, offset: offset, length: block.count)
        let sealed = cipher.map { $0.seal(block, at: offset) } ?? block
        try Self.put(sealed, to: blocks, draft)
        digest.add(sealed)
        offset += sealed.count
        known[hash] = stored
        return stored
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let descriptor = open(draft + "/" + name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.fault(draft) }
        defer { close(descriptor) }
        try Self.put(bytes, to: descriptor, draft)
        guard fsync(descriptor) == 0 else { throw Self.fault(draft) }
    }

    /// Writes all bytes to an open file of that path.
    static func put(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw fault(path) }
                rest = rest.dropFirst(count)
            }
        }
    }

    private static func fault(_ path: String) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
