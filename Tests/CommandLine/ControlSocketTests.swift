import Glibc
import PlatformTestSupport
import Testing

@testable import SambalProgram

@Suite struct ControlSocketTests {
    private let folder = TemporaryDirectory()

    @Test func only_a_socket_that_refuses_is_abandoned() throws {
        let path = folder.file("1.sock")
        let absent = ControlSocket.isAbandoned(path)
        #expect(!absent)
        let descriptor = try bound(path)
        listen(descriptor, 1)
        let listening = ControlSocket.isAbandoned(path)
        close(descriptor)
        let left = ControlSocket.isAbandoned(path)
        #expect(!listening && left)
    }

    @Test func one_where_too_many_wait_is_not_abandoned() throws {
        let path = folder.file("2.sock")
        let descriptor = try bound(path)
        defer { close(descriptor) }
        listen(descriptor, 0)
        let answers = (0..<8).map { _ in ControlSocket.isAbandoned(path) }
        #expect(!answers.contains(true))
    }

    /// Processes of two containers have the same number.
    @Test func no_two_processes_have_one_name() {
        let paths = (0..<100).map { _ in ControlSocket.newPath(in: folder.path) }
        #expect(Set(paths).count == paths.count)
    }

    @Test func only_what_died_processes_left_is_removed() throws {
        let (left, alive) = (ControlSocket.newPath(in: folder.path), ControlSocket.newPath(in: folder.path))
        close(try bound(left))
        let descriptor = try bound(alive)
        defer { close(descriptor) }
        listen(descriptor, 1)
        #expect(Set(ControlSocket.paths(in: folder.path)) == [left, alive])
        ControlSocket.removeAbandoned(in: folder.path)
        #expect(ControlSocket.paths(in: folder.path) == [alive])
    }

    private func bound(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        return descriptor
    }
}
