import Kernel
import Testing

@Suite struct FileNameTests {
    @Test(arguments: [
        ("MSG-ORD-01-paid_x", "MSG-ORD-01-paid_x"), ("../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"),
        ("a b", "a%20b"), ("a_b", "a_b"), ("100%", "100%25"), ("키", "%ED%82%A4"), ("\u{0}\n", "%00%0A"), ("", ""),
    ])
    func each_text_has_a_name_of_its_own_in_the_folder(_ text: String, _ name: String) {
        #expect(FileName.safe(text) == name)
    }

    @Test func long_texts_stay_within_what_a_file_may_be_called() {
        let texts = (0..<100).map { String(repeating: "é", count: 200) + "\($0)" }
        let names = texts.map(FileName.safe)
        #expect(names.allSatisfy { $0.utf8.count <= 250 && !$0.contains("/") })
        #expect(Set(names).count == texts.count)
    }
}
