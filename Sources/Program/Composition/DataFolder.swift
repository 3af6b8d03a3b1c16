import FoundationEssentials
import Kernel

/// The data folder of the shop, which only its owner may read.
enum DataFolder {
    /// Throws unless the folder exists: for commands that examine a shop and must not create one.
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
            throw CommandFailure("the data folder \(path) cannot be created: \(ErrorText.of(error))")
        }
    }
}
