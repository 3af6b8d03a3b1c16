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
