import FoundationEssentials
import Kernel
import Testing

@testable import REST

@Suite struct MergePatchTests {
    /// The examples of RFC 7396, appendix A.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"),
        (#"{"a":"foo"}"#, #""bar""#, #""bar""#), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#), ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func a_patch_is_merged_as_the_standard_says(target: String, patch: String, result: String) throws {
        func read(_ text: String) throws -> JSONDocument { try JSON.decode(JSONDocument.self, from: Data(text.utf8)) }
        #expect(try read(target).merged(with: read(patch)) == read(result))
    }

    @Test(arguments: ["9223372036854775807", "-1", "0.1", "1e300", "true", #""1""#, "[null,{}]"])
    func a_value_is_written_as_it_was_read(text: String) throws {
        let document = try JSON.decode(JSONDocument.self, from: Data(text.utf8))
        let again = try JSON.decode(JSONDocument.self, from: try JSON.encode(document))
        #expect(document == again)
        if !text.contains("e300") { #expect(String(decoding: try JSON.encode(document), as: UTF8.self) == text) }
    }
}
