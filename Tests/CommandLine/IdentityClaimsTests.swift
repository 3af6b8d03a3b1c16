import Foundation
import PlatformTestSupport
import Testing

@testable import SambalProgram

@Suite struct IdentityClaimsTests {
    private let directory = TemporaryDirectory()

    private func file(_ name: String) throws -> String {
        let path = directory.file(name)
        try Data().write(to: URL(filePath: path))
        return path
    }

    private var folder: String { directory.file("claims") }

    @Test func a_copy_is_refused_while_the_original_is_in_use_and_processes_of_one_store_are_not() throws {
        let (original, copy) = (try file("a.db"), try file("b.db"))
        let (first, second, third) = (
            IdentityClaims(folder: folder), IdentityClaims(folder: folder), IdentityClaims(folder: folder)
        )
        try first.claim("STORE-1", of: original, what: "the store of order")
        // A service that is started again, and another process of it.
        try first.claim("STORE-1", of: original, what: "the store of order")
        try second.claim("STORE-1", of: original, what: "the store of order")
        let error = #expect(throws: CommandFailure.self) {
            try third.claim("STORE-1", of: copy, what: "the store of order")
        }
        #expect(error?.message.contains("is a copy of \(original)") == true, "\(error?.message ?? "")")
        #expect(throws: CommandFailure.self) { try first.claim("STORE-1", of: copy, what: "the store of order") }
        try third.claim("STORE-2", of: copy, what: "the store of order")
        first.release()
        #expect(throws: CommandFailure.self) { try third.claim("STORE-1", of: copy, what: "the store of order") }
        second.release()
        try third.claim("STORE-1", of: copy, what: "the store of order")
    }

    @Test func what_a_dead_process_has_left_is_taken_over_and_nothing_is_left_by_one_that_stops() throws {
        let path = try file("a.db")
        let claims = IdentityClaims(folder: folder)
        #expect(claims.warning == nil)
        try Data("1:2 /elsewhere".utf8).write(to: URL(filePath: folder + "/STORE-1.claim"))
        try claims.claim("STORE-1", of: path, what: "the store of order")
        claims.release()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func a_folder_that_others_may_write_to_is_not_used_and_that_is_said() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        let claims = IdentityClaims(folder: folder)
        #expect(claims.warning != nil)
        try claims.claim("STORE-1", of: try file("a.db"), what: "the store of order")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
}
