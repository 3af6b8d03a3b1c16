import FoundationEssentials
import Kernel

/// The form of a backup on disk: a folder with a header, its contents and its blocks.
///
/// Files are cut into blocks. A block that an earlier backup has, or this one, is not stored again: contents name the backup
/// and the place of each block, so that a restore reads no chain of changes.
enum BackupFormat {
    static let version = 1
    static let blockSize = 16 << 10
    /// In plain text: the facts that `sambal backup list` shows without a key. Written last.
    static let header = "backup.json"
    /// The files with their blocks, as lines of JSON; encrypted on request.
    static let contents = "contents"
    /// The blocks, one behind the other, each encrypted by itself on request.
    static let blocks = "blocks"
    /// Precedes the name of a backup that is being written.
    static let draftPrefix = ".draft-"
    static let lock = ".lock"
}

/// The header of a backup.
struct BackupHeader: Codable, Sendable, Hashable {
    /// A file beside the header, as it is on disk.
    struct Part: Codable, Sendable, Hashable {
        let bytes: Int
        let sha256: String
    }
    let format: Int
    let program: String
    let id: String
    /// The moment in which all stores and the log are as the backup has them.
    let cut: Timestamp
    /// The earlier backup whose blocks this one uses; `nil` for a full one.
    let base: String?
    /// All earlier backups that hold blocks of this one.
    let needs: [String]
    /// For how long writers were kept out, in microseconds.
    let pause: Int
    let files: Int
    /// The size of all files.
    let bytes: Int
    let contents: Part
    let blocks: Part
    let encryption: BackupEncryption?
}

/// The parameters by which the keys of an encrypted backup come from its secret. Nothing here is secret.
struct BackupEncryption: Codable, Sendable, Hashable {
    struct Scrypt: Codable, Sendable, Hashable {
        let cost: UInt64
        let blockSize: UInt64
        let parallelism: UInt64
    }
    let cipher: String
    let salt: String
    /// `nil` if the secret is a key, not a passphrase.
    let scrypt: Scrypt?
    /// Tells a wrong key from a damaged file.
    let check: String
}

/// The contents of a backup.
struct BackupContents: Sendable {
    /// The facts of the header that must not be changed unnoticed, and what the backup knows of the shop.
    struct Facts: Codable, Sendable {
        let id: String
        let cut: Timestamp
        let base: String?
        let files: Int
        let bytes: Int
        /// The record of the data folder in the moment of the cut.
        var shop: ShopRecord
        /// The position of the newest event; `nil` if the log is not a file.
        let newestEvent: Int64?
    }

    struct File: Codable, Sendable, Hashable {
        enum Kind: String, Codable, Sendable { case store, log, file }
        /// Within the data folder.
        let path: String
        let kind: Kind
        /// The service of a store.
        let service: String?
        /// Whether it is the file of a store in another folder, which is put into the data folder.
        let wasOutside: Bool?
        /// The number of records of a store or log.
        let records: Int?
        let bytes: Int
        /// The time of its last change, in nanoseconds, for files that are no stores.
        let changed: Int64?
        let sha256: String
        /// Left out of its line: blocks follow in lines of their own.
        var blocks: [Block] = []

        enum CodingKeys: String, CodingKey {
            case path, kind, service, wasOutside, records, bytes, changed, sha256
        }
    }

    /// A block of a file: its content, and where it is stored.
    struct Block: Sendable, Hashable {
        let sha256: String
        /// The backup that holds it.
        let backup: String
        /// Its place in the blocks of that backup, and its length there without the tag of an encrypted one.
        let offset: Int
        let length: Int
    }
    var facts: Facts
    var files: [File]
}

extension BackupContents {
    /// One line of the contents.
    private struct Line: Codable {
        var facts: Facts?
        var file: File?
        /// "SHA-256 BACKUP OFFSET LENGTH"
        var blocks: [String]?
    }
    private static let blocksPerLine = 500

    func encoded() throws -> [UInt8] {
        var bytes = try JSON.bytes(of: Line(facts: facts)) + [UInt8(ascii: "\n")]
        for file in files {
            bytes += try JSON.bytes(of: Line(file: file)) + [UInt8(ascii: "\n")]
            var rest = file.blocks[...]
            while !rest.isEmpty {
                let texts = rest.prefix(Self.blocksPerLine).map {
                    "\($0.sha256) \($0.backup) \($0.offset) \($0.length)"
                }
                bytes += try JSON.bytes(of: Line(blocks: texts)) + [UInt8(ascii: "\n")]
                rest = rest.dropFirst(Self.blocksPerLine)
            }
        }
        return bytes
    }

    /// Throws if the bytes are not contents as `encoded` makes them.
    init(decoding bytes: [UInt8]) throws {
        var (facts, files) = (Facts?.none, [File]())
        for text in bytes.split(separator: UInt8(ascii: "\n")) {
            let line = try JSON.decode(Line.self, from: .init(text))
            if let found = line.facts { facts = found }
            if let file = line.file { files.append(file) }
            for text in line.blocks ?? [] {
                let words = text.split(separator: " ").map(String.init)
                guard words.count == 4, let offset = Int(words[2]), let length = Int(words[3]), !files.isEmpty,
                    offset >= 0, (0...BackupFormat.blockSize).contains(length)
                else { throw CommandFailure("its contents name a block that cannot be") }
                let block = Block(sha256: words[0], backup: words[1], offset: offset, length: length)
                files[files.count - 1].blocks.append(block)
            }
        }
        guard let facts else { throw CommandFailure("its contents have no facts") }
        (self.facts, self.files) = (facts, files)
    }
}
