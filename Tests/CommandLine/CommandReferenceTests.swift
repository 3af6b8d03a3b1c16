import Foundation
import Testing

@testable import SambalProgram

@Suite struct CommandReferenceTests {
    @Test func the_document_of_all_commands_is_what_they_declare() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: root.appending(path: "docs/commands.md"), encoding: .utf8)
        #expect(document == Manual.markdown, "make reference writes it anew")
    }
}
