import Glibc

/// The state of a file, compared without reading it: another one means that it may hold something else, or that other
/// users may read it now.
public struct FileStamp: Sendable, Hashable {
    private let device: UInt
    private let file: UInt
    private let size: Int
    private let mode: UInt32
    private let owner: UInt32
    private let modified: [Int]
    /// Content, mode and owner cannot change without it; a copy that keeps the time of its original changes only this.
    private let changed: [Int]

    /// Follows links. `nil` if there is no such file.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        file = UInt(status.st_ino)
        size = Int(status.st_size)
        mode = status.st_mode
        owner = status.st_uid
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
