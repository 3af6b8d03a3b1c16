import FoundationEssentials
import Glibc

/// The state of a socket in the data folder.
enum ControlSocket {
    private static let suffix = ".sock"

    /// A path that no other process has. A process number would not do: it may be equal in two containers.
    static func newPath(in folder: String) -> String { "\(folder)/\(UniqueName.make())\(suffix)" }

    /// The sockets of running and dead processes on a data folder.
    static func paths(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(suffix) }.sorted().map { folder + "/" + $0 }
    }

    /// Removes the sockets of dead processes.
    static func removeAbandoned(in folder: String) {
        for path in paths(in: folder) where isAbandoned(path) { unlink(path) }
    }

    /// Whether no process listens on it, because it has died. Other failures (no permission, no descriptors left, a full
    /// backlog) do not count.
    static func isAbandoned(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result != 0 && errno == ECONNREFUSED
    }
}
