import FoundationEssentials
import Testing

/// Keeps the rules of the web pages: all their files are in the program, and nothing in them could run what a stranger
/// has written.
@Suite struct PageTests {
    @Test func every_file_is_in_the_program() throws {
        let pages = Dictionary(grouping: try Self.files()) { String($0.path.split(separator: "/")[2]) }
        #expect(!pages.isEmpty)
        for (page, files) in pages {
            let list = try Self.text("Sources/Pages/\(page)/page.c")
            for file in files {
                let name = file.path.split(separator: "/").last.map(String.init) ?? ""
                #expect(list.contains("#embed \"files/\(name)\""), "page.c of \(page) does not embed \(name)")
                #expect(list.contains("FILE(\"\(name)\","), "page.c of \(page) does not list \(name)")
            }
        }
    }

    @Test func no_file_breaks_the_rules() throws {
        for file in try Self.files() {
            for violation in Self.violations(in: file) { Issue.record("\(file) \(violation)") }
        }
    }

    @Test(arguments: [
        ("a.js", "box.innerHTML = text", false), ("a.js", "box.textContent = text", true),
        ("a.js", "box.insertAdjacentHTML('beforeend', text)", false), ("a.js", "eval(text)", false),
        ("a.js", "import './b.js'", true), ("a.js", "import 'https://example.org/b.js'", false),
        ("a.html", "<script src=\"app.js\" type=\"module\"></script>", true),
        ("a.html", "<script>start()</script>", false), ("a.html", "<p style=\"color: red\">", false),
        ("a.html", "<button onclick=\"f()\">", false), ("a.css", "@import url(//example.org/a.css)", false),
        ("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\">", true),
    ])
    func what_breaks_a_rule_is_found(name: String, text: String, isAllowed: Bool) {
        let file = SourceFile(path: "Sources/Pages/Page/files/\(name)", text: text)
        #expect(Self.violations(in: file).isEmpty == isAllowed)
    }

    /// The files of all pages, sorted.
    static func files() throws -> [SourceFile] {
        let folder = "Sources/Pages"
        return try FileManager.default.subpathsOfDirectory(atPath: "\(SourceFile.root)/\(folder)").sorted()
            .filter { $0.split(separator: "/").dropFirst().first == "files" && $0.split(separator: "/").count == 3 }
            .map { SourceFile(path: "\(folder)/\($0)", text: try text("\(folder)/\($0)")) }
    }

    private static func violations(in file: SourceFile) -> [String] {
        let text = file.text.replacing("http://www.w3.org/", with: "")
        let forbidden =
            file.path.hasSuffix(".html")
            ? ["style=", "<style", "<script>", "javascript:", " on", "//"]
            : [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc",
                "http://", "https://", "url(", "@import",
            ]
        return forbidden.filter { word in
            // Attributes that run a script begin with "on" and end in "=".
            word == " on" ? text.contains(/\son\w+=/) : text.contains(word)
        }.map { "must not contain \($0)" }
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(SourceFile.root)/\(path)")), as: UTF8.self)
    }
}
