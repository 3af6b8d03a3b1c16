import Foundation
import Kernel
import PlatformTestSupport
import Testing

@testable import SambalProgram

@Suite struct RestoreTests {
    private static let files = ["a": BackupUnderTest.noise(50_000), "outbox/b.eml": [1, 2, 3]]

    @Test func a_restored_folder_has_the_files_and_says_where_it_is_from() throws {
        let backups = BackupUnderTest()
        try backups.write("A", Self.files)
        let data = backups.directory.file("new/data")
        try backups.restore("A", to: data)
        for (path, bytes) in Self.files {
            #expect(try Data(contentsOf: URL(filePath: data + "/" + path)) == Data(bytes))
        }
        let record = try ShopRecordFile(data: data).read()
        #expect(record.restored?.backup == "A" && record.restored?.cut == BackupUnderTest.cut)
        try DataFolder.check(data)
    }

    @Test func a_folder_with_anything_in_it_is_refused_and_left_alone() throws {
        let backups = BackupUnderTest()
        try backups.write("A", Self.files)
        let data = TemporaryDirectory()
        try Data([1]).write(to: URL(filePath: data.file("x")))
        let error = #expect(throws: UsageError.self) { try backups.restore("A", to: data.path) }
        #expect(error?.message.contains("is not empty") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: data.path) == ["x"])
    }

    @Test func a_damaged_backup_leaves_a_folder_that_no_command_accepts_until_the_restore_is_repeated() throws {
        let backups = BackupUnderTest()
        try backups.write("A", Self.files)
        let data = backups.directory.file("data")
        let blocks = backups.path("A", "blocks")
        try backups.damage(blocks, at: 40_000)
        let error = #expect(throws: CommandFailure.self) { try backups.restore("A", to: data) }
        #expect(error?.message.contains("backup A is damaged") == true)
        let refused = #expect(throws: CommandFailure.self) { try DataFolder.check(data) }
        #expect(refused?.message.contains("has not ended") == true)
        try backups.damage(blocks, at: 40_000)
        try backups.restore("A", to: data)
        try DataFolder.check(data)
    }

    @Test(arguments: ["../x", "/x", "a/../../x", "a//b", "."]) func a_path_that_leads_elsewhere_is_refused(
        path: String
    ) throws {
        let backups = BackupUnderTest()
        try backups.write("A", [path: [1]])
        let data = backups.directory.file("data")
        #expect(throws: CommandFailure.self) { try backups.restore("A", to: data) }
        #expect(!FileManager.default.fileExists(atPath: backups.directory.file("x")))
    }

    /// Somebody who may write to the folder could have put a backup of their own there.
    @Test func a_backup_that_is_not_encrypted_is_refused_where_a_key_is_given() throws {
        let backups = BackupUnderTest()
        try backups.write("A", Self.files)
        let key = backups.directory.file("key")
        try Data((String(repeating: "0123456789abcdef", count: 4) + "\n").utf8).write(to: URL(filePath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let data = backups.directory.file("data")
        let error = #expect(throws: UsageError.self) {
            try Commands.run(RestoreCommand.self, [backups.folder.path, "--data", data, "--key-file", key])
        }
        #expect(error?.message.contains("is not encrypted") == true, "\(error?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: data))
    }

    @Test(arguments: [
        ["DIR"], ["DIR", "--data", "x", "--at", "A", "--until", "2026-01-31T08:15:30Z"],
        ["DIR", "--data", "x", "--until", "yesterday"],
    ]) func a_wrong_call_is_refused(words: [String]) {
        #expect(throws: UsageError.self) { try Commands.run(RestoreCommand.self, words) }
    }
}
