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
                "apikeys.json", "apikeys.json.lock",
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
