import CMongoDB
import Storage

/// An error of the server, or of the way to it.
struct MongoError: Error, CustomStringConvertible {
    var description: String { message }

    enum Kind: Sendable, Hashable {
        /// The transaction as a whole may be run again.
        case transient
        /// Whether it was committed is not known: the commit may be sent again.
        case unknown
        /// The server is not there, or the connection to it is gone.
        case lost
        /// A repetition would fail again.
        case refused(StorageError.Code)
    }
    let kind: Kind
    let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    init(_ error: bson_error_t, reply: OpaquePointer?) {
        var error = error
        message = withUnsafeBytes(of: &error.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        kind = Self.kind(error, reply)
    }

    private static func kind(_ error: bson_error_t, _ reply: OpaquePointer?) -> Kind {
        // Only commits have this one, whatever has kept the answer from coming.
        if let reply, mongoc_error_has_label(reply, "UnknownTransactionCommitResult") { return .unknown }
        let domain = mongoc_error_domain_t(error.domain)
        // Its answer to a wrong password.
        if domain == MONGOC_ERROR_CLIENT, error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue { return .lost }
        // One that is not there now is not asked a second time at once, whatever the label says.
        if domain == MONGOC_ERROR_SERVER_SELECTION || domain == MONGOC_ERROR_STREAM { return .lost }
        if let reply, mongoc_error_has_label(reply, "TransientTransactionError") { return .transient }
        switch error.code {
        // A write conflict; the transaction is no longer known; a unique index that somebody filled who takes no lock: run
        // again, the look before the write finds it.
        // Or the moment that a reader sees is too old by now.
        case 112, 251, 11000, 246, 239: return .transient
        case 6, 7, 18, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436: return .lost
        case 17280, 17419, 10334: return .refused(.invalidQuery)  // a key or a document that is too large
        case 50: return .refused(.tooSlow)
        case 14031: return .refused(.full)
        // No lock, no memory, not allowed without a password.
        case 24, 292, 13: return .refused(.unavailable)
        default: return .refused(.internalFailure)
        }
    }

    /// In the words of `Storage`. `place` names the database.
    func storageError(at place: String) -> StorageError {
        switch kind {
        case .transient, .lost: StorageError(.unavailable, "\(place): \(message)")
        case .unknown:
            .lostCommit(at: place, message)
        case .refused(.invalidQuery): StorageError(.invalidQuery, message)
        case .refused(let code): StorageError(code, "\(place): \(message)")
        }
    }
}

/// Where the library puts what the server answered.
final class Reply {
    private let pointer: OpaquePointer
    private let memory: UnsafeMutableRawPointer

    init() {
        memory = .allocate(byteCount: bson_t_size(), alignment: bson_alignment())
        pointer = OpaquePointer(memory)
        bson_init(pointer)
    }

    deinit {
        bson_destroy(pointer)
        memory.deallocate()
    }

    /// The pointer ends with the closure at the latest.
    func with<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(pointer) }
    }

    var document: BSON { with { BSON($0) } }

    func error(_ error: bson_error_t) -> MongoError { with { MongoError(error, reply: $0) } }
}
