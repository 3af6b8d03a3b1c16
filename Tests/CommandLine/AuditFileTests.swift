import Foundation
import Kernel
import PlatformTestSupport
import ServiceHost
import Testing
import Tokens

@testable import SambalProgram

/// The audit log of API keys, a file beside theirs.
@Suite struct AuditFileTests {
    private let folder = TemporaryDirectory()
    private var keys: APIKeyFile { APIKeyFile(path: folder.file("apikeys.json")) }
    private var audit: AuditFile { AuditFile(keys: folder.file("apikeys.json")) }
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func create(_ line: String) throws -> APIKey {
        let words = ["create"] + line.split(separator: " ").map(String.init)
        let (form, rest) = try Commands.form(of: APIKeyCommand.self, in: words)
        let request = try APIKeyRequest(Arguments(rest, of: form, command: "apikey"))
        return try keys.create(request, at: Self.now, random: { .random(in: 0 ... .max) }).key
    }

    private func walk(remembered: [AuditHead] = []) throws -> [AuditRecord] {
        let page = try audit.chain(after: 0)
        var chain = AuditChain(of: AuditFile.service, remembered: remembered)
        for stored in page.records { try chain.take(stored) }
        try chain.end(head: page.head)
        return page.records.compactMap(\.record)
    }

    @Test func a_key_that_is_made_and_revoked_has_two_records_without_its_hash() throws {
        let key = try create("till --roles operator")
        _ = try keys.revoke([key.identifier], at: Self.now)
        // Nothing changes, and nothing is recorded.
        _ = try keys.revoke([key.identifier], at: Self.now)
        let records = try walk()
        #expect(records.map(\.operation) == ["apikey.create", "apikey.revoke"])
        #expect(records.allSatisfy { $0.about == ["till", key.identifier] && $0.issuer == "operating-system" })
        #expect(records[0].who?.isEmpty == false && records[0].changes.first?.after?["name"] == "till")
        #expect(records[1].changes.first?.after?["revokedAt"] != nil)
        let text = try String(contentsOfFile: audit.path, encoding: .utf8)
        #expect(!text.contains(key.hash) && !text.contains("sk_sambal"))
        let attributes = try FileManager.default.attributesOfItem(atPath: audit.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func a_command_that_was_killed_between_record_and_change_is_told_by_the_next() throws {
        let first = try create("till")
        let before = try Data(contentsOf: URL(filePath: keys.path))
        _ = try create("never-made")
        // The file of keys as it was when the command died, and half a record more.
        try before.write(to: URL(filePath: keys.path))
        let handle = try FileHandle(forWritingTo: URL(filePath: audit.path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(#"0123 {"about""#.utf8))
        try handle.close()
        #expect(try walk().count == 2)
        _ = try keys.revoke([first.identifier], at: Self.now)
        let records = try walk()
        #expect(records.map(\.operation) == ["apikey.create", "apikey.create", "apikey.abandoned", "apikey.revoke"])
        #expect(records[2].reason?.contains("does not know record 2") == true)
    }

    @Test func what_was_altered_or_cut_off_is_found() throws {
        for name in ["a", "b", "c"] { _ = try create(name) }
        let text = try String(contentsOfFile: audit.path, encoding: .utf8)
        let head = try #require(try audit.chain(after: 0).head)
        func write(_ text: String) throws { try text.write(toFile: audit.path, atomically: true, encoding: .utf8) }
        try write(text.replacingOccurrences(of: #""name":"b""#, with: #""name":"x""#))
        #expect(try fault()?.number == 2)
        let lines = text.split(separator: "\n").map { "\($0)\n" }
        try write(lines[0] + lines[2])
        #expect(try fault()?.number == 2)
        try write(lines[0] + lines[1])
        #expect(try fault() != nil)
        try write(text)
        #expect(try fault() == nil && walk(remembered: [head]).count == 3)
    }

    private func fault() throws -> AuditFault? {
        do {
            _ = try walk()
            return nil
        } catch let fault as AuditFault {
            return fault
        }
    }
}
