import Glibc

/// The state of a file, compared without reading it: another one means that it may hold something else.
public struct FileStamp: Sendable, Hashable {
    private let file: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// Follows links. `nil` where there is no such file.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        file = UInt(status.st_ino)
        size = Int(status.st_size)
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
}
