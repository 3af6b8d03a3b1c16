import FoundationEssentials
import Kernel

/// Where the shop keeps its files: only its owner may look into it.
enum DataFolder {
    static func create(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("the data folder \(path) cannot be made: \(ErrorText.of(error))")
        }
    }
}
