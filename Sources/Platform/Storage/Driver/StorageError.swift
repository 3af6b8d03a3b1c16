import Glibc

/// An error of storage, the same on every engine.
public struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String { message }

    public enum Code: Sendable, Hashable {
        /// The id (`field: "id"`) or a unique field is taken.
        case duplicate(field: String)
        /// The stored version is not the expected one.
        case versionConflict
        /// The engine does not answer, a pool is exhausted: nothing was stored.
        case unavailable
        /// The disk has no room left: nothing was stored.
        case full
        /// The files are not as the engine wrote them.
        case damaged
        /// So many scans run and wait that this one was not begun.
        case overloaded
        /// The query ran over its time and was stopped: nothing was stored.
        case tooSlow
        /// The commit was sent and its answer is lost: the transaction was stored, or it was not. The same again is safe
        /// only with the same identifiers.
        case outcomeUnknown
        /// The server, or its file, is set up so that what it has confirmed may be lost: nothing is stored there.
        case notDurable
        /// A field that the collection does not declare, a value of the wrong type.
        case invalidQuery
        /// The schema is newer than this program, or a migration failed.
        case migration
        case closed
        case internalFailure
    }
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same may succeed later and certainly had no effect now.
    public var isRetriable: Bool { [.unavailable, .full, .overloaded, .tooSlow].contains(code) }

    /// The error of a commit whose answer is lost; `place` names the database.
    package static func lostCommit(at place: String, _ reason: String) -> StorageError {
        StorageError(.outcomeUnknown, "\(place): the commit was not confirmed; it may have been stored: \(reason)")
    }
}

/// The room that is left where an embedded engine keeps its files.
package enum FreeSpace {
    /// Less than this is a full disk: a commit needs some pages of its log.
    private static let least: UInt64 = 1 << 20

    /// Throws `StorageError` `.full` where the file system of `path` has no room. Asks the system, so it may wait: for
    /// workers.
    package static func check(at path: String) throws(StorageError) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return }
        let blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail
        let free = UInt64(blocks) * UInt64(status.f_frsize)
        guard free < least else { return }
        throw .full(path, "\(free / 1024) KiB are free")
    }
}

extension StorageError {
    /// The error of a disk without room; `place` names the file.
    package static func full(_ place: String, _ reason: String) -> StorageError {
        StorageError(
            .full,
            "\(place): the disk is full (\(reason)); free some space, and it goes on by itself: see "
                + "docs/runbook.md#disk-full")
    }

    /// The error of a file that is not as its engine wrote it.
    package static func damaged(_ place: String, _ reason: String) -> StorageError {
        StorageError(
            .damaged,
            "\(place) is damaged (\(reason)); stop the service and restore the database from a backup: see "
                + "docs/runbook.md#database-damaged")
    }
}
