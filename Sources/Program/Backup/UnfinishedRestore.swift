import FoundationEssentials
import Glibc

/// The mark of a data folder whose restore has not ended: no shop starts there.
///
/// It is the first file of a restore and the last one to go. A restore that was killed is begun again by the same command.
final class UnfinishedRestore {
    static let name = "restore.unfinished"
    private let folder: String
    private let descriptor: Int32

    private static func path(_ folder: String) -> String { folder + "/" + name }

    /// Throws if a restore into the folder has not ended.
    static func refuse(in folder: String) throws {
        guard access(path(folder), F_OK) == 0 else { return }
        throw CommandFailure(
            "a restore into the data folder \(folder) has not ended, so parts of the shop are missing there. Repeat it: "
                + "sambal restore DIR --data \(folder). See docs/backup.md")
    }

    /// Marks the folder, which must be empty or have the mark of a restore that was killed: then it is emptied. Throws if
    /// there is anything else in it, or another restore is under way.
    init(in folder: String) throws {
        let files = FileManager.default
        let path = Self.path(folder)
        let names = try files.contentsOfDirectory(atPath: folder)
        guard names.isEmpty || names.contains(Self.name) else {
            throw UsageError(
                "the data folder \(folder) is not empty: a restore needs one that is, or a name that is not taken. Nothing "
                    + "was changed")
        }
        self.folder = folder
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandFailure("another restore into \(folder) is under way")
        }
        fsync(descriptor)
        DurableFile.flushFolder(of: path)
        for name in names where name != Self.name { try files.removeItem(atPath: folder + "/" + name) }
    }

    deinit { close(descriptor) }

    /// Removes the mark: the restore is whole.
    func finish() throws {
        guard unlink(Self.path(folder)) == 0 else {
            throw CommandFailure("\(Self.path(folder)) cannot be removed: \(String(cString: strerror(errno)))")
        }
        DurableFile.flushFolder(of: Self.path(folder))
    }
}
