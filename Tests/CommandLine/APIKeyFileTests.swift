import Foundation
import Kernel
import PlatformTestSupport
import Testing
import Tokens

@testable import SambalProgram

@Suite struct APIKeyFileTests {
    private let folder = TemporaryDirectory()
    private var file: APIKeyFile { APIKeyFile(path: folder.file("apikeys.json")) }
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    private static func request(_ line: String) throws -> APIKeyRequest {
        let (form, rest) = try Commands.form(of: APIKeyCommand.self, in: line.split(separator: " ").map(String.init))
        return try APIKeyRequest(Arguments(rest, of: form, command: "apikey"))
    }

    private func create(_ line: String, at now: Timestamp = now) throws -> APIKey {
        try file.create(Self.request(line), at: now, random: { .random(in: 0 ... .max) }).key
    }

    @Test func a_key_is_made_listed_and_revoked() throws {
        let key = try create("create till --roles operator,seller --expires 90d --rate-class gold")
        let record = try #require(try file.read().records.first)
        #expect(record.name == "till" && record.roles == ["operator", "seller"] && record.rateClass == "gold")
        #expect(record.expiresAt == Self.now + .seconds(90 * 86_400))
        #expect(try file.read().caller(of: key.text, at: Self.now).subject == "till")
        #expect(try file.revoke([key.identifier], at: Self.now) == ["\(key.identifier) is revoked"])
        #expect(throws: APIKeyRefusal.revoked) { try file.read().caller(of: key.text, at: Self.now) }
        #expect(try file.revoke([key.identifier], at: Self.now) == ["\(key.identifier) had ended before"])
    }

    @Test func only_its_owner_can_read_it_and_the_key_is_not_in_it() throws {
        let key = try create("create till")
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        #expect(text.contains(key.identifier) && !text.contains(key.text.suffix(48)))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "apikeys.json", "apikeys.json.audit", "apikeys.json.lock",
            ])
    }

    @Test func a_key_that_is_not_there_revokes_none_and_a_whole_key_is_not_repeated() throws {
        let (key, unknown) = (try create("create till"), APIKey { .random(in: 0 ... .max) })
        let error = #expect(throws: CommandFailure.self) {
            try file.revoke([key.identifier, unknown.text], at: Self.now)
        }
        #expect(error?.message.contains("there is no API key \(unknown.identifier) in") == true)
        #expect(error?.message.contains(unknown.text) == false)
        #expect(try file.read().caller(of: key.text, at: Self.now).subject == "till")
        #expect(try file.revoke([key.text], at: Self.now) == ["\(key.identifier) is revoked"])
    }

    @Test func keys_that_are_made_at_once_are_all_there() async throws {
        let file = file
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let request = try Self.request("create caller-\(number)")
                    _ = try file.create(request, at: Self.now, random: { .random(in: 0 ... .max) })
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(try file.read().records.map(\.name)).count == 16)
    }

    @Test func keys_that_ended_long_ago_are_forgotten_when_one_is_made() throws {
        let old = try create("create old --expires 1s")
        _ = try create("create till", at: Self.now + .seconds(90 * 86_400))
        #expect(try file.read().records.map(\.name).contains("old"))
        _ = try create("create till", at: Self.now + .seconds(91 * 86_400))
        #expect(try file.read().records.allSatisfy { $0.id != old.identifier && $0.name == "till" })
    }

    @Test func what_may_be_secret_is_not_repeated() throws {
        let key = try create("create till")
        let texts = [
            "k_sambal" + key.text.dropFirst(9), String(key.text.suffix(48)), key.text.uppercased(),
            key.identifier + "0",
        ]
        for text in texts {
            let error = #expect(throws: CommandFailure.self) { try file.revoke([text], at: Self.now) }
            #expect(error?.message.contains("not repeated") == true && error?.message.contains(text) == false)
        }
        // A key that is cut off says which one is meant.
        #expect(try file.revoke([String(key.text.dropLast())], at: Self.now) == ["\(key.identifier) is revoked"])
    }

    /// As with `sudo sambal apikey revoke` where the gateway runs as a user of its own.
    @Test(.enabled(if: geteuid() == 0)) func root_leaves_the_file_to_the_user_of_the_gateway() throws {
        let (user, group): (uid_t, gid_t) = (65_534, 65_533)
        func state(_ path: String) -> (uid_t, gid_t, mode_t) {
            var status = stat()
            return stat(path, &status) == 0 ? (status.st_uid, status.st_gid, status.st_mode & 0o777) : (0, 0, 0)
        }
        #expect(chown(folder.path, user, group) == 0)
        let key = try create("create till")
        for path in [file.path, file.path + ".lock"] { #expect(state(path) == (user, group, 0o600)) }
        #expect(chmod(file.path, 0o640) == 0 && chown(file.path + ".lock", 0, 0) == 0)
        _ = try file.revoke([key.identifier], at: Self.now)
        #expect(state(file.path) == (user, group, 0o640))
        #expect(state(file.path + ".lock").0 == user)
        #expect(throws: APIKeyRefusal.revoked) { try file.read().caller(of: key.text, at: Self.now) }
        // The owner of the folder must not get other files by way of root.
        let other = folder.file("other")
        try "".write(toFile: other, atomically: true, encoding: .utf8)
        try FileManager.default.removeItem(atPath: file.path + ".lock")
        for make in [symlink, link] {
            #expect(make(other, file.path + ".lock") == 0)
            #expect(throws: CommandFailure.self) { try create("create till") }
            #expect(state(other).0 == 0)
            try FileManager.default.removeItem(atPath: file.path + ".lock")
        }
    }

    @Test func a_link_stays_and_the_file_that_it_leads_to_is_changed() throws {
        let key = try create("create till")
        let linked = APIKeyFile(path: folder.file("link.json"))
        #expect(symlink("apikeys.json", linked.path) == 0)
        #expect(try linked.revoke([key.identifier], at: Self.now) == ["\(key.identifier) is revoked"])
        #expect(throws: APIKeyRefusal.revoked) { try file.read().caller(of: key.text, at: Self.now) }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: linked.path) == "apikeys.json")
        #expect(!FileManager.default.fileExists(atPath: linked.path + ".lock"))
        let dangling = APIKeyFile(path: folder.file("dangling.json"))
        #expect(symlink("nowhere.json", dangling.path) == 0)
        let error = #expect(throws: CommandFailure.self) {
            try dangling.create(Self.request("create till"), at: Self.now, random: { 1 })
        }
        #expect(error?.message.contains("is a link to a file that is not there") == true)
    }

    @Test func a_file_of_which_others_could_write_keys_is_refused() throws {
        let key = try create("create till")
        for mode: mode_t in [0o620, 0o602] {
            #expect(chmod(file.path, mode) == 0)
            let error = #expect(throws: CommandFailure.self) { try file.revoke([key.identifier], at: Self.now) }
            #expect(error?.message.contains("may be written by") == true)
        }
        #expect(unlink(file.path) == 0 && mkfifo(file.path, 0o600) == 0)
        let error = #expect(throws: CommandFailure.self) { try file.read() }
        #expect(error?.message.contains("it is no regular file") == true)
    }

    @Test func a_file_stays_so_small_that_every_key_can_be_read_and_revoked() throws {
        let bounded = APIKeyFile(path: file.path, limit: 2000)
        var made: [String] = []
        let error = #expect(throws: CommandFailure.self) {
            for _ in 0..<100 {
                let request = try Self.request("create till --roles operator")
                made.append(
                    try bounded.create(request, at: Self.now, random: { .random(in: 0 ... .max) }).record.id)
            }
        }
        #expect(error?.message.contains("would have more than 1 KiB") == true)
        let known = try file.read().records.map(\.id)
        #expect(made.count > 3 && known == made)
        _ = try bounded.revoke(made, at: Self.now)
        #expect(try String(contentsOfFile: file.path, encoding: .utf8).utf8.count <= 2000)
    }

    @Test func paths_have_folders() {
        #expect(["keys.json", "/keys.json", "a/b/keys.json"].map(DurableFile.folder) == [".", "/", "a/b"])
    }

    @Test func a_file_that_is_none_is_not_replaced() throws {
        try "{}".write(toFile: file.path, atomically: true, encoding: .utf8)
        let error = #expect(throws: CommandFailure.self) { try create("create till") }
        #expect(error?.message.contains("\(file.path) cannot be used: it is no file of API keys") == true)
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "{}")
    }

    @Test(arguments: [
        ("create t?ll", "NAME must be"), ("create till --roles=a\"b", "--roles must be of"),
        ("create till --expires 0s", "--expires must be a duration"),
        ("create till --expires soon", "--expires must be a duration"),
        ("create till --rate-class ö", "--rate-class must be"), ("create", "usage: sambal apikey create NAME"),
        ("revoke", "usage: sambal apikey revoke ID…"),
    ])
    func a_wrong_call_is_refused(line: String, message: String) {
        let error = #expect(throws: UsageError.self) { try Self.request(line) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }
}
