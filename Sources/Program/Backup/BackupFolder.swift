import Cryptography
import FoundationEssentials
import Glibc
import Kernel

/// A folder with backups of one shop.
struct BackupFolder: Sendable {
    /// One name in the folder, with the header or the reason why there is none.
    struct Entry: Sendable {
        let id: String
        let header: Result<BackupHeader, CommandFailure>
    }
    let path: String
    /// An increment names each backup that it needs: a year of them, one a minute, has its place.
    private static let headerLimit = 16 << 20
    static let contentsLimit = 1 << 30

    func path(of id: String) -> String { path + "/" + id }

    /// All backups, the earliest first. A draft is none. Throws if there is no such folder.
    func entries() throws -> [Entry] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw CommandFailure("there is no folder of backups \(path)")
        }
        return names.filter { !$0.hasPrefix(".") }.sorted().compactMap { name in
            var status = stat()
            guard lstat(path(of: name), &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
            do {
                return Entry(id: name, header: .success(try header(of: name)))
            } catch {
                return Entry(id: name, header: .failure(CommandFailure(Failures.sentence(error))))
            }
        }
    }

    func header(of id: String) throws -> BackupHeader {
        struct Version: Decodable {
            let format: Int
            let program: String?
        }
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(path(of: id) + "/" + BackupFormat.header, limit: Self.headerLimit)
        } catch {
            throw CommandFailure("\(id) is no backup: its \(BackupFormat.header) \(error.description)")
        }
        guard let version = try? JSON.decode(Version.self, from: Data(bytes)) else {
            throw CommandFailure("backup \(id) is damaged: its \(BackupFormat.header) cannot be read")
        }
        guard version.format <= BackupFormat.version else {
            throw CommandFailure(
                "backup \(id) has format \(version.format), which is newer than this program: it was made by sambal "
                    + "\(version.program ?? "?"). Use that version, or a later one")
        }
        guard let header = try? JSON.decode(BackupHeader.self, from: Data(bytes)), header.id == id else {
            throw CommandFailure("backup \(id) is damaged: its \(BackupFormat.header) is not as it was written")
        }
        return header
    }

    /// The headers of all backups that are whole, by the moment of their cut.
    func headers() throws -> [BackupHeader] {
        try entries().compactMap { try? $0.header.get() }.sorted { ($0.cut, $0.id) < ($1.cut, $1.id) }
    }

    /// The newest backup, or the one that is named, or the newest one that is not after a time. Throws `CommandFailure` if
    /// there is none.
    func choose(id: String?, until: Timestamp?) throws -> BackupHeader {
        if let id, id != Self.latest {
            guard !id.contains("/"), access(path(of: id), F_OK) == 0 else {
                throw CommandFailure("there is no backup \(id) in \(path); see: sambal backup list \(path)")
            }
            return try header(of: id)
        }
        let headers = try headers()
        guard let first = headers.first else { throw CommandFailure("there is no whole backup in \(path)") }
        guard let found = headers.last(where: { header in until.map { header.cut <= $0 } ?? true }) else {
            throw CommandFailure("no backup in \(path) is that old: the first one is of \(first.cut)")
        }
        return found
    }
    static let latest = "latest"

    /// The first backup whose blocks a backup needs, its own among them, and that is not there in its full size; `nil` if all
    /// are.
    func missing(for header: BackupHeader) -> String? {
        (header.needs + [header.id]).first { id in
            var status = stat()
            guard !id.contains("/"), let other = try? self.header(of: id) else { return true }
            return stat(path(of: id) + "/" + BackupFormat.blocks, &status) != 0 || status.st_size != other.blocks.bytes
        }
    }

    /// Opens a backup: reads its contents, and checks them against the header. The blocks are not read.
    func open(_ header: BackupHeader, _ secret: BackupSecret?) throws -> OpenBackup {
        var keys: BackupKeys?
        if let encryption = header.encryption {
            guard let secret else {
                throw UsageError(
                    "backup \(header.id) is encrypted: name the file of its "
                        + (encryption.scrypt == nil ? "key by --key-file" : "passphrase by --passphrase-file"))
            }
            keys = try BackupKeys(secret, for: encryption, of: header.id)
        }
        let sealed: [UInt8]
        do {
            sealed = try BoundedFile.read(
                path(of: header.id) + "/" + BackupFormat.contents, limit: Self.contentsLimit)
        } catch {
            throw CommandFailure("backup \(header.id) is damaged: its contents \(error.description)")
        }
        guard sealed.count == header.contents.bytes, hexadecimal(Digest.sha256(sealed)) == header.contents.sha256 else {
            throw CommandFailure("backup \(header.id) is damaged: its contents are not as they were written")
        }
        guard let bytes = keys.map({ $0.cipher(of: .contents, in: header.id).open(whole: sealed) }) ?? sealed,
            let contents = try? BackupContents(decoding: bytes)
        else { throw CommandFailure("backup \(header.id) was changed: its contents cannot be decrypted or read") }
        let facts = contents.facts
        guard facts.id == header.id, facts.cut == header.cut, facts.base == header.base, facts.bytes == header.bytes,
            facts.files == contents.files.count, facts.files == header.files
        else { throw CommandFailure("backup \(header.id) was changed: header and contents disagree") }
        return OpenBackup(header: header, contents: contents, keys: keys)
    }
}

/// A backup whose contents are known.
struct OpenBackup: Sendable {
    let header: BackupHeader
    let contents: BackupContents
    /// `nil` if it is not encrypted.
    let keys: BackupKeys?
}
