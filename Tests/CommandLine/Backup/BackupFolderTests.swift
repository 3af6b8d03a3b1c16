import Foundation
import Kernel
import PlatformTestSupport
import Testing

@testable import SambalProgram

@Suite struct BackupFolderTests {
    private static let key = BackupSecret.key([UInt8](repeating: 7, count: 32))
    private static let secrets: [BackupSecret?] = [nil, key]

    private static let files = [
        "order.db": BackupUnderTest.noise(200_000), "empty": [], "outbox/a.eml": Array("Dear buyer".utf8),
    ]

    @Test(arguments: [true, false]) func files_come_back_as_they_were(isEncrypted: Bool) throws {
        let backups = BackupUnderTest(secret: isEncrypted ? Self.key : nil)
        try backups.write("A", Self.files)
        #expect(try backups.read("A") == Self.files)
        #expect(try backups.faults() == [])
        let stored = try Data(contentsOf: URL(filePath: backups.path("A", "blocks")))
        #expect((stored.range(of: Data("Dear buyer".utf8)) == nil) == isEncrypted)
    }

    @Test func an_increment_stores_what_has_changed_and_needs_the_backups_that_hold_the_rest() throws {
        let backups = BackupUnderTest()
        var files = Self.files
        try backups.write("A", files)
        files["order.db"]?[100_000] ^= 1
        let second = try backups.write("B", files, since: "A")
        #expect(second.blocks.bytes == BackupFormat.blockSize)
        files["order.db"]? += [1, 2, 3]
        try backups.write("C", files, since: "B")
        #expect(try backups.read("C") == files)
        #expect(try backups.read("A") == Self.files)
        #expect(try backups.folder.headers().map(\.needs) == [[], ["A"], ["A", "B"]])
        try FileManager.default.removeItem(atPath: backups.folder.path(of: "A"))
        #expect(try backups.folder.headers().map { backups.folder.missing(for: $0) } == ["A", "A"])
        #expect(try backups.faults().allSatisfy { $0.contains("needs backup A") })
        #expect(try backups.faults().count == 2)
    }

    @Test(arguments: [true, false], ["blocks", "contents", "backup.json"])
    func a_changed_byte_is_found_wherever_it_is(isEncrypted: Bool, part: String) throws {
        let backups = BackupUnderTest(secret: isEncrypted ? Self.key : nil)
        try backups.write("A", Self.files)
        let path = backups.path("A", part)
        let count = try Data(contentsOf: URL(filePath: path)).count
        for offset in stride(from: 0, to: count, by: max(1, count / 23)) {
            try backups.damage(path, at: offset)
            let isFound = try !backups.faults().isEmpty
            // The name of the program and the pause are notes: nothing depends on them.
            #expect(isFound || part == "backup.json", "\(part) at \(offset)")
            try backups.damage(path, at: offset)
        }
        #expect(try backups.faults() == [])
    }

    /// Somebody who can write the folder, and puts right what is in plain text.
    @Test func frames_that_change_places_or_are_cut_off_are_found_though_the_checksums_are_right() throws {
        let cipher = try BackupKeys.new(Self.key) { 7 }.cipher(of: .contents, in: "A")
        let text = BackupUnderTest.noise(3 * BackupFormat.blockSize + 5)
        let sealed = cipher.seal(whole: text)
        #expect(cipher.open(whole: sealed) == text)
        let frame = BackupFormat.blockSize + 16
        #expect(cipher.open(whole: Array(sealed[..<(3 * frame)])) == nil)
        #expect(
            cipher.open(whole: Array(sealed[frame..<(2 * frame)] + sealed[..<frame] + sealed[(2 * frame)...])) == nil)
        #expect(cipher.open(whole: Array(sealed[frame...])) == nil)
        #expect(cipher.open(whole: []) == nil)
        #expect(cipher.open(whole: cipher.seal(whole: [])) == [])
        // Neither those of another part or backup.
        let keys = try BackupKeys.new(Self.key) { 7 }
        #expect(keys.cipher(of: .blocks, in: "A").open(whole: sealed) == nil)
        #expect(keys.cipher(of: .contents, in: "B").open(whole: sealed) == nil)
    }

    @Test func a_wrong_key_is_told_from_a_damaged_file_and_a_passphrase_from_a_key() throws {
        let backups = BackupUnderTest(secret: Self.key)
        let header = try backups.write("A", Self.files)
        let wrong = #expect(throws: CommandFailure.self) {
            try backups.folder.open(header, .key([UInt8](repeating: 8, count: 32)))
        }
        #expect(wrong?.message.contains("the key is not the one of backup A") == true)
        #expect(throws: UsageError.self) { try backups.folder.open(header, nil) }
        #expect(throws: UsageError.self) { try backups.folder.open(header, .passphrase(Array("correct horse".utf8))) }
        let words = BackupUnderTest(secret: .passphrase(Array("correct horse".utf8)))
        try words.write("A", Self.files)
        #expect(try words.read("A") == Self.files)
        #expect(throws: CommandFailure.self) {
            try words.folder.open(words.folder.header(of: "A"), .passphrase(Array("incorrect horse".utf8)))
        }
    }

    @Test func a_newer_format_and_a_draft_are_no_backups() throws {
        let backups = BackupUnderTest()
        try backups.write("A", Self.files)
        let path = URL(filePath: backups.path("A", "backup.json"))
        let text = try String(contentsOf: path, encoding: .utf8)
        try text.replacingOccurrences(of: #""format":1"#, with: #""format":2"#).write(
            to: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: CommandFailure.self) { try backups.folder.header(of: "A") }
        #expect(error?.message.contains("newer than this program") == true)
        // As a killed one leaves it.
        try FileManager.default.moveItem(
            atPath: backups.folder.path(of: "A"), toPath: backups.folder.path(of: ".draft-A"))
        #expect(try backups.folder.entries().isEmpty)
    }

    @Test func the_newest_backup_that_is_not_after_a_time_is_chosen() throws {
        let backups = BackupUnderTest()
        for (id, hours) in [("A", 0), ("B", 1), ("C", 2)] {
            try backups.write(id, [:], after: .seconds(3600 * hours))
        }
        let cut = BackupUnderTest.cut
        for (seconds, id) in [(0, "A"), (3599, "A"), (3600, "B"), (99_999, "C")] {
            #expect(try backups.folder.choose(id: nil, until: cut + .seconds(seconds)).id == id)
        }
        #expect(try backups.folder.choose(id: nil, until: nil).id == "C")
        #expect(try backups.folder.choose(id: "latest", until: nil).id == "C")
        #expect(throws: CommandFailure.self) { try backups.folder.choose(id: nil, until: cut - .seconds(1)) }
        for id in ["D", "../A"] {
            #expect(throws: CommandFailure.self) { try backups.folder.choose(id: id, until: nil) }
        }
    }

    @Test func every_file_of_a_backup_is_for_its_owner_only() throws {
        let backups = BackupUnderTest()
        try backups.write("A", Self.files)
        let data = backups.directory.file("data")
        try backups.restore("A", to: data)
        for place in [backups.folder.path(of: "A"), data] {
            for name in try FileManager.default.subpathsOfDirectory(atPath: place) {
                let facts = try FileManager.default.attributesOfItem(atPath: place + "/" + name)
                let isFolder = facts[.type] as? FileAttributeType == .typeDirectory
                #expect(facts[.posixPermissions] as? Int == (isFolder ? 0o700 : 0o600), "\(name)")
            }
        }
    }
}
