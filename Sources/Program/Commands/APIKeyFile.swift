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

    init(path: String) { self.path = path }

    /// `mayCreate` makes the data folder if it is not there.
    init(_ arguments: Arguments, mayCreate: Bool = false) throws {
        if let file = arguments.string("file") {
            path = file
        } else {
            let data = arguments.data
            if mayCreate { try DataFolder.create(data) } else { try DataFolder.check(data) }
            path = data + "/" + GatewayService.apiKeyFile
        }
    }

    /// Reads the keys. There are none if there is no file.
    func read() throws -> APIKeyRing {
        if access(path, F_OK) != 0, errno == ENOENT { return APIKeyRing() }
        do {
            return try APIKeyRing(json: try BoundedFile.read(path, limit: APIKeyLimits.fileBytes))
        } catch {
            throw CommandFailure(
                "the file of API keys \(path) cannot be used: it \(ErrorText.of(error)). Restore it from a backup; or "
                    + "remove it, and make new keys")
        }
    }

    func create(
        _ request: APIKeyRequest, at now: Timestamp, random: () -> UInt64
    ) throws -> (key: APIKey, record: APIKeyRecord) {
        try change { ring in
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
            return (key, record)
        }
    }

    /// Returns one sentence for each key. Revokes none if one of them is not there. A whole key stands for its identifier,
    /// and is not repeated.
    func revoke(_ identifiers: [String], at now: Timestamp) throws -> [String] {
        try change { ring in
            try identifiers.map { text in
                let identifier = APIKey(text)?.identifier ?? text
                guard let wasActive = ring.revoke(identifier, at: now) else {
                    throw CommandFailure("there is no API key \(identifier) in \(path); see sambal apikey list")
                }
                return wasActive ? "\(identifier) is revoked" : "\(identifier) had ended before"
            }
        }
    }

    private func change<Result>(_ change: (inout APIKeyRing) throws -> Result) throws -> Result {
        try DurableFile.exclusively(path) {
            var ring = try read()
            let before = ring.records
            let result = try change(&ring)
            if ring.records != before { try DurableFile.replace(path, with: try ring.text) }
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
