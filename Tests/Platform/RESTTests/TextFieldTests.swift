import HTTP
import REST
import Testing

@Suite struct TextFieldTests {
    private func fault(_ text: String?) -> String? {
        var errors = FieldErrors()
        errors.require(text, "name", length: 1...20)
        return errors.fields.first?.message
    }

    @Test(arguments: ["Ann", "Zoë Ünal", "김민준", "اسم\u{200F}", "👩‍👩‍👧", nil])
    func names_of_all_scripts_are_taken(name: String?) {
        #expect(fault(name) == nil)
    }

    @Test(arguments: ["a\nb", "a\u{1B}[31m", "a\u{85}b", "a\u{2028}b", "a\u{7F}"])
    func a_name_that_ends_its_line_is_not(name: String) {
        #expect(fault(name) == "must not contain control characters")
    }

    /// Such a name is read as another one in mails, lists and logs.
    @Test(arguments: ["a\u{202E}gpj.exe", "a\u{202A}", "a\u{2066}b\u{2069}"])
    func a_name_that_reorders_what_follows_is_not(name: String) {
        #expect(fault(name) == "must not contain characters that change the direction of text")
    }

    @Test(arguments: ["", "  ", "\u{200B}", "\u{FEFF} \u{2060}", "\u{3164}", "\u{200F}", "123456789012345678901"])
    func a_name_without_text_or_with_too_much_is_not(name: String) {
        #expect(fault(name) == "must have 1 to 20 characters")
    }
}
