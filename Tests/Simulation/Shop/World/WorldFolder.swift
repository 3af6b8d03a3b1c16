import FoundationEssentials
import Glibc

/// What a world has on its disks: in memory where the system offers that, gone when the last owner lets go.
final class WorldFolder: Sendable {
    let path: String

    init() {
        let memory = "/dev/shm"
        let base = access(memory, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory.path
        var template = Array("\(base)/sambal-world-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { fatalError("cannot make a folder in \(base)") }
        path = String(cString: made)
    }

    convenience init(files: [String: Data]) throws {
        self.init()
        for (name, content) in files { try content.write(to: URL(filePath: file(name))) }
    }

    deinit { remove() }

    /// Now: what a dead process has left behind may keep its owner for ever.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The files as they are now: what a restart would find if all processes died at this moment.
    func copy() throws -> WorldFolder {
        let copy = WorldFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            // The shared-memory index of SQLite is not durable: after a crash it is made anew.
            guard !name.hasSuffix("-shm") else { continue }
            try FileManager.default.copyItem(atPath: file(name), toPath: copy.file(name))
        }
        return copy
    }

    /// What the files hold, once nobody has them open.
    func read() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name.hasSuffix(".db") {
            files[name] = try Data(contentsOf: URL(filePath: file(name)))
        }
        return files
    }

    /// Names of the files in a folder of this one.
    func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: file(folder))) ?? []).sorted()
    }

    /// Names of mails and text messages that were sent.
    var messages: [String] { names(in: "email-outbox") + names(in: "sms-sms-outbox") }
}
