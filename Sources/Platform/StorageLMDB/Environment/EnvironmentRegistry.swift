import CLMDB
import Glibc
import Storage
import Synchronization

/// The environments that this process has open, each once: LMDB's file locks do not survive a second opening.
final class EnvironmentRegistry: Sendable {
    static let shared = EnvironmentRegistry()

    private struct Entry {
        let environment: Environment
        var users: Int
    }
    private let entries = Mutex<[String: Entry]>([:])

    /// The environment of that folder. Opening happens under the lock, so that two who come together get the same one.
    func open(_ path: String, mapSize: Int) throws(StorageError) -> Environment {
        try entries.withLock { entries throws(StorageError) in
            if let name = Self.canonical(path), let entry = entries[name] {
                entries[name]?.users += 1
                return entry.environment
            }
            let environment = try Environment(path: path, mapSize: mapSize)
            entries[Self.canonical(path) ?? path] = Entry(environment: environment, users: 1)
            return environment
        }
    }

    /// Ends one use; the last one closes the folder.
    func release(_ environment: Environment) {
        entries.withLock { entries in
            guard let (name, entry) = entries.first(where: { $0.value.environment === environment }) else { return }
            entries[name]?.users -= 1
            guard entry.users == 1 else { return }
            entries[name] = nil
            environment.close()
        }
    }

    private static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension StorageError {
    /// Translates LMDB's error into one of `Storage`. `path` is the environment's folder.
    init(lmdb code: CInt, at path: String) {
        let message = "\(path): \(String(cString: mdb_strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: self = .full(path, String(cString: mdb_strerror(code)))
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC:
            self = .damaged(path, String(cString: mdb_strerror(code)))
        case MDB_MAP_FULL, MDB_READERS_FULL, MDB_TXN_FULL, MDB_MAP_RESIZED, EIO, ENOMEM, EACCES, EAGAIN, EROFS, EFBIG:
            self.init(.unavailable, message)
        case MDB_INVALID, MDB_VERSION_MISMATCH:
            self.init(.internalFailure, "\(path) is not an LMDB environment of this version")
        default:
            self.init(.internalFailure, message)
        }
    }
}

func check(_ code: CInt, at path: String) throws(StorageError) {
    guard code == MDB_SUCCESS else { throw StorageError(lmdb: code, at: path) }
}

/// The map waits for a long read to end before it can grow, and all others wait behind it: the read begins anew.
struct MapIsGrowing: Error, CustomStringConvertible {
    var description: String { "the database's file is being enlarged" }
}

/// The map was too small for what a group of transactions writes. It is larger now, and they can be run again.
struct MapHasGrown: Error, CustomStringConvertible {
    var description: String { "the database's file was too small and has been enlarged" }
}

/// Lets many in at a time, or one alone who waits for the others to leave. For threads that may block.
final class SharedLock: @unchecked Sendable {  // the lock itself may be used by any thread
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    init() {
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        // Readers that follow each other closely must not keep a writer out for ever.
        pthread_rwlockattr_setkind_np(&attributes, CInt(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        pthread_rwlock_init(lock, &attributes)
        pthread_rwlockattr_destroy(&attributes)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    func withOthers<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }

    func alone<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }
}
