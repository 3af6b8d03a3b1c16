import Foundation
import Kernel
import Testing

@Suite struct ErrorTextTests {
    private struct Order: Codable {
        struct Item: Codable {
            let qty: Int
        }
        let items: [Item]
    }

    /// Swift's own text of a value or an error: `Name(member: …)`, `Name.Code.case`, a domain of Foundation's.
    private static func isSource(_ text: String) -> Bool {
        text.contains(/\w+\(\w+:/) || text.contains(/[A-Z]\w+\.[A-Z]\w+\.[a-z]/) || text.contains("Error")
            || text.contains("NSCocoa") || text.contains("Domain") || text.contains("Optional(")
            || text.contains("\\'")
    }

    private static func error(_ body: () throws -> Void) -> any Error {
        do { try body() } catch { return error }
        return CancellationError()
    }

    @Test(arguments: [
        (#"{"items":[{"qty":"x"}]}"#, "items[0].qty"), (#"{"items":[{}]}"#, "items[0].qty is missing"),
        (#"{"items":null}"#, "items"), ("{", "it cannot be read"), ("[]", "the document is not an object"),
    ])
    func what_cannot_be_decoded_is_named_by_its_path(json: String, expected: String) {
        let text = ErrorText.of(Self.error { _ = try JSON.decode(Order.self, from: Data(json.utf8)) })
        #expect(text.contains(expected), "\(text)")
        #expect(!Self.isSource(text), "\(text)")
    }

    @Test func files_are_named_with_what_is_wrong_with_them() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "error-text-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/file"
        try Data("x".utf8).write(to: URL(filePath: file))
        let errors: [(String, any Error)] = [
            (
                "a folder below a file",
                Self.error {
                    try FileManager.default.createDirectory(atPath: file + "/below", withIntermediateDirectories: true)
                }
            ),
            ("a file that is not there", Self.error { _ = try Data(contentsOf: URL(filePath: folder + "/none")) }),
            ("a folder as a file", Self.error { try Data().write(to: URL(filePath: folder)) }),
            ("a file in no folder", Self.error { try Data().write(to: URL(filePath: folder + "/no/file")) }),
            ("listing a file", Self.error { _ = try FileManager.default.contentsOfDirectory(atPath: file) }),
        ]
        for (what, error) in errors {
            let text = ErrorText.of(error)
            #expect(!Self.isSource(text), "\(what): \(text)")
            #expect(text.contains(": ") && text.count < 300, "\(what): \(text)")
        }
    }

    @Test func a_cancellation_is_a_sentence() {
        #expect(ErrorText.of(CancellationError()) == "it was given up before it was done")
        #expect(ErrorText.of(POSIXError(.ENOSPC)) == "No space left on device")
    }

    @Test func errors_of_the_shop_say_their_own_sentence() {
        #expect(ErrorText.of(MoneyError.currenciesDiffer("IDR", "KRW")).contains("IDR"))
        #expect(!Self.isSource(ErrorText.of(MoneyError.overflow)))
    }
}
