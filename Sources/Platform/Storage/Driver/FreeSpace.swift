import Glibc

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
        StorageError(.full, "\(place): the disk is full (\(reason)); free some space, and it goes on by itself")
    }

    /// The error of a file that is not as its engine wrote it.
    package static func damaged(_ place: String, _ reason: String) -> StorageError {
        StorageError(
            .damaged, "\(place) is damaged (\(reason)); stop the service and restore the database from a backup")
    }
}
