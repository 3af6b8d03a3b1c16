import FoundationEssentials
import Glibc
import PlatformTestSupport
import Testing

@testable import SambalProgram

@Suite struct SecretsTests {
    private let folder = TemporaryDirectory()
    private var secrets: Secrets { Secrets(configured: [:], data: folder.path) }

    @Test func the_first_who_asks_makes_it_and_all_get_the_same() async throws {
        let secrets = secrets
        let found = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 { group.addTask { try secrets.secret("psp") } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(found.count == 1 && found.first?.hasPrefix("whsec_") == true)
        #expect(try secrets.secret("psp") == found.first)
    }

    @Test func only_its_owner_can_read_it_and_nothing_else_is_left() throws {
        _ = try secrets.secret("psp")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("psp.secret"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["psp.secret"])
    }

    @Test func a_half_written_file_of_a_dead_process_is_no_secret() throws {
        try Data().write(to: URL(filePath: folder.file("psp.secret.4711-1")))
        #expect(try secrets.secret("psp").hasPrefix("whsec_"))
    }

    @Test(arguments: [0o666, 0o602, 0o644, 0o620, 0o660])
    func one_that_others_may_read_or_write_is_refused(mode: Int) throws {
        let path = folder.file("psp.secret")
        try Data("whsec_planted".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: (any Error).self) { try secrets.secret("psp") }
        #expect("\(error as Any)".contains(path) && "\(error as Any)".contains("chmod 600"))
    }

    /// A group may be that of a mounted secret.
    @Test func one_that_its_group_may_read_is_taken() throws {
        let path = folder.file("psp.secret")
        try Data("whsec_mounted".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(try secrets.secret("psp") == "whsec_mounted")
    }

    @Test(.timeLimit(.minutes(1))) func a_pipe_in_its_place_is_refused_and_not_waited_for() throws {
        let path = folder.file("psp.secret")
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: CommandFailure.self) { try secrets.secret("psp") }
        #expect(error?.message == "the secret \(path) is not a regular file")
    }

    @Test func a_folder_that_cannot_be_written_is_told() {
        #expect(throws: CommandFailure.self) { try Secrets(configured: [:], data: folder.file("absent")).secret("psp") }
    }

    @Test func a_configured_secret_comes_first() throws {
        #expect(try Secrets(configured: ["psp": "whsec_x"], data: folder.path).secret("psp") == "whsec_x")
    }
}
