import Cryptography
import Kernel

/// The secret of encrypted backups, from a file that only its owner may read.
enum BackupSecret: Sendable {
    /// 32 bytes with full entropy.
    case key([UInt8])
    case passphrase([UInt8])

    static let options = [
        Option("key-file", "FILE", "the key of encrypted backups: 64 hexadecimal digits, as of `openssl rand -hex 32`"),
        Option("passphrase-file", "FILE", "the passphrase of encrypted backups, of 12 characters or more"),
    ]
    private static let leastPassphrase = 12
    private static let limit = 4096

    /// Reads the secret that the options name; `nil` if they name none.
    static func read(_ arguments: Arguments) throws -> BackupSecret? {
        switch (arguments.string("key-file"), arguments.string("passphrase-file")) {
        case (nil, nil): return nil
        case (let path?, nil):
            guard let key = bytes(ofHexadecimal: String(decoding: try text(path), as: UTF8.self)), key.count == 32
            else { throw UsageError("the key file \(path) must have 64 hexadecimal digits: openssl rand -hex 32") }
            return .key(key)
        case (nil, let path?):
            let words = try text(path)
            guard words.count >= leastPassphrase else {
                throw UsageError(
                    "the passphrase of \(path) must have \(leastPassphrase) characters or more")
            }
            return .passphrase(words)
        case (_?, _?): throw UsageError("--key-file and --passphrase-file exclude each other")
        }
    }

    /// The file's text without the line's end.
    private static func text(_ path: String) throws -> [UInt8] {
        do throws(GuardedFile.Fault) {
            var bytes = try GuardedFile.read(path, isSecret: true, limit: limit)
            while let last = bytes.last, [0x0A, 0x0D].contains(last) { bytes.removeLast() }
            return bytes
        } catch {
            throw UsageError("\(path) \(error.description)")
        }
    }

    /// `nil` if the text is not pairs of hexadecimal digits.
    static func bytes(ofHexadecimal text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// The keys of the backups of one secret and salt. Each backup has keys of its own, by its identifier.
struct BackupKeys: Sendable {
    /// A part of a backup that is encrypted by a key of its own.
    enum Part: String, Sendable { case contents, blocks }

    let encryption: BackupEncryption
    private let master: [UInt8]
    private static let cipher = "AES-256-GCM"
    /// 64 MiB and some tenths of a second a guess.
    private static let scrypt = BackupEncryption.Scrypt(cost: 1 << 16, blockSize: 8, parallelism: 1)

    /// Makes keys for a full backup, with a salt by chance.
    static func new(_ secret: BackupSecret, random: () -> UInt64) throws -> BackupKeys {
        let salt = hexadecimal(random(), digits: 16) + hexadecimal(random(), digits: 16)
        var scrypt: BackupEncryption.Scrypt?
        if case .passphrase = secret { scrypt = Self.scrypt }
        let master = try master(secret, salt: salt, scrypt)
        return BackupKeys(
            encryption: BackupEncryption(cipher: cipher, salt: salt, scrypt: scrypt, check: check(master)),
            master: master)
    }

    private init(encryption: BackupEncryption, master: [UInt8]) {
        (self.encryption, self.master) = (encryption, master)
    }

    /// Throws `CommandFailure` if the secret is not the one of a backup that was encrypted so.
    init(_ secret: BackupSecret, for encryption: BackupEncryption, of id: String) throws {
        guard encryption.cipher == Self.cipher else {
            throw CommandFailure("backup \(id) is encrypted by \(encryption.cipher), which this program does not know")
        }
        master = try Self.master(secret, salt: encryption.salt, encryption.scrypt)
        guard ConstantTime.isEqual(Array(Self.check(master).utf8), Array(encryption.check.utf8)) else {
            throw CommandFailure("the key is not the one of backup \(id): nothing was read or written")
        }
        self.encryption = encryption
    }

    func cipher(of part: Part, in id: String) -> BackupCipher {
        let key = KeyDerivation.hkdf(master, salt: Array(id.utf8), info: Array("sambal backup \(part.rawValue)".utf8))
        return BackupCipher(key: key, context: "sambal backup \(BackupFormat.version) \(id) \(part.rawValue)")
    }

    private static func check(_ master: [UInt8]) -> String {
        hexadecimal(KeyDerivation.hkdf(master, salt: [], info: Array("sambal backup check".utf8), length: 16))
    }

    private static func master(
        _ secret: BackupSecret, salt: String, _ scrypt: BackupEncryption.Scrypt?
    ) throws -> [UInt8] {
        switch (secret, scrypt) {
        case (.key(let key), nil):
            return KeyDerivation.hkdf(key, salt: Array(salt.utf8), info: Array("sambal backup".utf8))
        case (.passphrase(let words), let scrypt?):
            // A header is not secret and anybody may have changed it: no cost that takes all memory.
            guard scrypt.cost <= 1 << 20, scrypt.blockSize <= 16, scrypt.parallelism <= 16,
                let key = KeyDerivation.scrypt(
                    words, salt: Array(salt.utf8), cost: scrypt.cost, blockSize: scrypt.blockSize,
                    parallelism: scrypt.parallelism)
            else { throw CommandFailure("the header of the backup has parameters of scrypt that cannot be") }
            return key
        case (.key, _?): throw UsageError("the backup is encrypted by a passphrase: name its file by --passphrase-file")
        case (.passphrase, nil): throw UsageError("the backup is encrypted by a key: name its file by --key-file")
        }
    }
}

/// Encrypts the frames of one part of one backup. A frame's place is its nonce and a part of what is authenticated: frames
/// cannot change places, and the last one says that it is the last.
struct BackupCipher: Sendable {
    private let cipher: AuthenticatedCipher
    private let context: String

    fileprivate init(key: [UInt8], context: String) {
        cipher = AuthenticatedCipher(key: key)
        self.context = context
    }

    func seal(_ frame: [UInt8], at offset: Int, isLast: Bool = false) -> [UInt8] {
        cipher.seal(frame, nonce: Self.nonce(offset), authenticating: authenticated(offset, isLast))
    }

    /// `nil` if the frame was not sealed for this place.
    func open(_ frame: [UInt8], at offset: Int, isLast: Bool = false) -> [UInt8]? {
        cipher.open(frame, nonce: Self.nonce(offset), authenticating: authenticated(offset, isLast))
    }

    /// Seals bytes as a sequence of frames.
    func seal(whole bytes: [UInt8]) -> [UInt8] {
        var (sealed, start) = ([UInt8](), 0)
        repeat {
            let end = min(start + BackupFormat.blockSize, bytes.count)
            sealed += seal(Array(bytes[start..<end]), at: sealed.count, isLast: end == bytes.count)
            start = end
        } while start < bytes.count
        return sealed
    }

    /// `nil` if a frame is missing, was changed, or stands elsewhere.
    func open(whole sealed: [UInt8]) -> [UInt8]? {
        var (bytes, start) = ([UInt8](), 0)
        repeat {
            let end = min(start + BackupFormat.blockSize + AuthenticatedCipher.overhead, sealed.count)
            guard let frame = open(Array(sealed[start..<end]), at: start, isLast: end == sealed.count) else {
                return nil
            }
            bytes += frame
            start = end
        } while start < sealed.count
        return bytes
    }

    private func authenticated(_ offset: Int, _ isLast: Bool) -> [UInt8] {
        Array("\(context) \(offset)\(isLast ? " last" : "")".utf8)
    }

    private static func nonce(_ offset: Int) -> [UInt8] {
        [0, 0, 0, 0] + withUnsafeBytes(of: UInt64(offset).bigEndian) { Array($0) }
    }
}
