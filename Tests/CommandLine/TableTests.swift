import Testing

@testable import SambalProgram

@Suite struct TableTests {
    private static var table: Table {
        var table = Table([
            .init("ID"), .init("STATE", isStatus: true), .init("ERROR", key: "error", isFlexible: true),
        ])
        table.add("ORD-1", "FAILED", "a sentence that is far too long for a narrow terminal")
        table.add("ORD-2", "ready", nil)
        return table
    }

    @Test(arguments: [40, 60, 200])
    func no_line_is_wider_than_the_terminal_and_fixed_columns_are_whole(width: Int) {
        let text = Self.table.text(width: width)
        for line in text.split(separator: "\n") { #expect(line.count <= width) }
        #expect(text.contains("ORD-1") && text.contains("FAILED"))
        #expect(text.contains("…") == (width < 80))
    }

    @Test func a_row_that_does_not_fit_into_a_line_has_a_line_for_each_cell() {
        let text = Self.table.text(width: 22, hasColours: true)
        #expect(
            text == """
                  ID     ORD-1
                  STATE  \u{1B}[31mFAILED\u{1B}[0m
                  ERROR  a sentence that is far too long for a narrow terminal

                  ID     ORD-2
                  STATE  \u{1B}[32mready\u{1B}[0m
                  ERROR  -

                """)
        #expect(Table("LONGTITLE", "ANOTHER").text(width: 10) == "  LONGTITLE  ANOTHER\n")
    }

    @Test func without_a_terminal_nothing_is_cut_and_nothing_coloured() {
        #expect(Self.table.text(width: nil).contains("for a narrow terminal\n"))
        #expect(!Self.table.text(width: nil).contains("\u{1B}"))
        #expect(Self.table.text(width: 200, hasColours: true).contains("\u{1B}[31mFAILED"))
    }

    @Test func json_has_a_member_a_column_and_null_where_nothing_is_known() throws {
        let json = try Self.table.rendered(as: .json)
        #expect(json.contains(#"{"id":"ORD-2","state":"ready","error":null}"#))
    }

    @Test(arguments: [
        ("\u{1B}[2J", "\\u{1b}[2J"), ("a\r\nb", "a\\u{d}\\u{a}b"), ("\u{202E}evil", "\\u{202e}evil"),
        ("\u{9B}31m", "\\u{9b}31m"), ("김치 ✓ é", "김치 ✓ é"),
    ])
    func what_would_move_the_cursor_or_reorder_text_is_shown_as_an_escape(text: String, shown: String) {
        #expect(Printable.text(text) == shown)
        var table = Table("REASON")
        table.add(text)
        #expect(table.text(width: nil).contains(shown))
    }
}
