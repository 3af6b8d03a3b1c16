import Glibc

/// The file that an engine has open, by which it can be told from another one at its path.
///
/// A file that is removed stays open: its engine goes on, confirms what it stores, and all of that is gone when the
/// process ends.
package struct OpenFile: Sendable {
    private let path: String
    private let device: dev_t
    private let number: ino_t

    /// `nil` if there is no such file.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (self.path, device, number) = (path, status.st_dev, status.st_ino)
    }

    /// Throws `StorageError` `.unavailable` if the file was removed, or another one is at its path.
    package func check() throws(StorageError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_dev != device || status.st_ino != number else { return }
        } else if errno != ENOENT && errno != ENOTDIR {
            return
        }
        throw StorageError(
            .unavailable,
            "\(path) was removed or replaced while it was open, so nothing is stored any more: see "
                + "docs/runbook.md#file-removed")
    }
}

extension [OpenFile] {
    /// Throws `StorageError` `.unavailable` for the first one that was removed or replaced.
    package func check() throws(StorageError) {
        for file in self { try file.check() }
    }
}
