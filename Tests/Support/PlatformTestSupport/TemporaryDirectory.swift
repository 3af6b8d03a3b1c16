import FoundationEssentials
import Glibc

/// A folder of its own for one test, gone afterwards.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/sambal-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { fatalError("cannot make a temporary directory") }
        path = String(cString: made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }
}
