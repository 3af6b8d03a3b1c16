import FoundationEssentials
import Glibc

/// The data folder of the shop, which only its owner may read.
enum DataFolder {
    /// Throws unless the folder exists: for commands that examine a shop and must not create one.
    static func check(_ path: String) throws {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            throw CommandFailure("there is no data folder \(path); name it with --data")
        }
        try UnfinishedRestore.refuse(in: path)
    }

    /// Says that every user of the machine may replace the files of the folder; `nil` if they may not. In a folder with the
    /// sticky bit they may only add some.
    static func warning(about path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o002 != 0, status.st_mode & mode_t(S_ISVTX) == 0 else {
            return nil
        }
        return "every user of this machine may replace the files of the data folder, secrets and databases among them; "
            + "run: chmod 700 \(path). See docs/runbook.md#folder-open-to-others"
    }

    static func create(_ path: String) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made == "/" ? "" : "/") + part
            guard mkdir(made, 0o700) != 0, errno != EEXIST else { continue }
            let reason = errno
            // A folder on the way may be there and not be writable, on a disk that is read-only for example.
            if access(made, F_OK) == 0 { continue }
            throw CommandFailure(
                "the data folder \(path) cannot be created: \(String(cString: strerror(reason))); "
                    + "name one that this user may write to with --data or SAMBAL_DATA")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure("the data folder \(path) is not a folder; name another with --data or SAMBAL_DATA")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw CommandFailure(
                "the data folder \(path) cannot be used: \(String(cString: strerror(errno))); make it this user's, or "
                    + "name another with --data or SAMBAL_DATA")
        }
    }
}
