import FoundationEssentials
import Kernel

/// Where the shop keeps its files: only its owner may look into it.
enum DataFolder {
    /// Throws unless there is such a folder: for commands that look at a shop and do not begin one.
    static func check(_ path: String) throws {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            throw CommandFailure("there is no data folder \(path); name it with --data")
        }
    }

    static func create(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("the data folder \(path) cannot be made: \(ErrorText.of(error))")
        }
    }
}
