import Configuration
import GatewayService
import Glibc
import Kernel
import Tokens

/// The file of API keys. It is replaced as a whole, by one process at a time; the gateway takes it over while it runs.
struct APIKeyFile: Sendable {
    let path: String

    /// How long keys are listed after they have ended.
    private static let memory = Duration.seconds(90 * 86_400)

    /// Bytes of the file. A gateway reads no larger one.
    private let limit: Int

    init(path: String, limit: Int = APIKeyLimits.fileBytes) { (self.path, self.limit) = (path, limit) }

    /// `mayCreate` makes the data folder if it is not there.
    init(_ arguments: Arguments, mayCreate: Bool = false) throws {
        if let file = arguments.string("file") {
            self.init(path: file)
        } else {
            let data = arguments.data
            if mayCreate { try DataFolder.create(data) } else { try DataFolder.check(data) }
            self.init(path: data + "/" + Self.name)
        }
    }

    /// The name of the file in the data folder.
    static var name: String { GatewayService.apiKeyFile }

    /// Reads the keys as the gateway does. There are none if there is no file. Root reads for the file's owner.
    func read() throws -> APIKeyRing {
        do {
            var status = stat()
            let isOthers = geteuid() == 0 && stat(path, &status) == 0
            return try AccessFile.apiKeys(path, owner: isOthers ? status.st_uid : geteuid())
        } catch {
            throw CommandFailure(
                "the file of API keys \(path) cannot be used: it \(ErrorText.of(error)). Restore it from a backup; or "
                    + "remove it, and make new keys")
        }
    }

    func create(
        _ request: APIKeyRequest, at now: Timestamp, random: () -> UInt64
    ) throws -> (key: APIKey, record: APIKeyRecord) {
        try change("apikey.create", at: now) { ring in
            ring.forget(endedBefore: now - Self.memory)
            var key = APIKey(random: random)
            // Identifiers are short: one may be taken.
            for _ in 0..<8 where ring.records.contains(where: { $0.id == key.identifier }) {
                key = APIKey(random: random)
            }
            let record = APIKeyRecord(
                key, name: request.name, roles: request.roles, rateClass: request.rateClass, createdAt: now,
                expiresAt: request.lifetime.map { min(now + $0, .latest) })
            do {
                try ring.add(record)
            } catch {
                throw CommandFailure("the key cannot be made: the file \(path) \(ErrorText.of(error))")
            }
            // A file that nobody could read again must not replace one that can be read, and every key must stay revocable.
            guard try ring.text.utf8.count + ring.bytesOfRevocations + ring.bytesOfMark <= limit else {
                throw CommandFailure(
                    "the key cannot be made: the file \(path) would have more than \(limit / 1024) KiB. Give keys fewer "
                        + "roles, or use other files for other gateways")
            }
            return (key, record)
        }
    }

    /// Returns one sentence for each key. Revokes none if one of them is not there. A text that begins like a key stands for its
    /// identifier; what may be a secret is not repeated.
    func revoke(_ identifiers: [String], at now: Timestamp) throws -> [String] {
        try change("apikey.revoke", at: now) { ring in
            try identifiers.map { text in
                let identifier = APIKey.identifier(in: text) ?? text
                guard APIKey.isIdentifier(identifier) else {
                    throw CommandFailure(
                        "an ID is 12 digits of 0 to 9 and a to f, as sambal apikey list shows them; the one given has "
                            + "\(text.count) characters, and is not repeated here because it may be secret")
                }
                guard let wasActive = ring.revoke(identifier, at: now) else {
                    throw CommandFailure("there is no API key \(identifier) in \(path); see sambal apikey list")
                }
                return wasActive ? "\(identifier) is revoked" : "\(identifier) had ended before"
            }
        }
    }

    /// The record of the change is written first: there is no change without one. The file that takes the place of the keys
    /// tells the last record, so that one whose change was never made is known as such.
    private func change<Result>(
        _ operation: String, at now: Timestamp, _ change: (inout APIKeyRing) throws -> Result
    ) throws -> Result {
        guard try FileOwnership(of: DurableFile.resolved(path)).canBeKept else {
            throw CommandFailure(
                "\(path) belongs to another user, who could not read it any more if you changed it; run the command as "
                    + "that user, or as root")
        }
        return try DurableFile.exclusively(path) {
            var ring = try read()
            let before = ring.records
            let result = try change(&ring)
            if ring.records != before {
                ring.audit = try AuditFile(keys: path).append(
                    operation, from: before, to: ring.records, known: ring.audit, at: now)
                try DurableFile.replace(path, with: try ring.text)
            }
            return result
        }
    }
}

extension SystemRandomNumberGenerator {
    static func number() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
