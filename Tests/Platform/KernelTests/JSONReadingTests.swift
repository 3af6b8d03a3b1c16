import FoundationEssentials
import Kernel
import Testing

@Suite struct JSONReadingTests {
    @Test(arguments: [
        "null", " true ", "false", "0", "-0", "12", "-1.5e+3", "1E5", "\"\"", "\"a\\u00e9\\n\\ud83c\\udf36\"", "[]",
        "{}",
        "[1,[2,[3]],{\"a\":{}}]", "{\"a\":1,\"b\":[null]}", "\t[\r\n1 , 2 ]\n", "\"\u{7f}é🌶\"", "{\"\":0}",
    ])
    func valid_text_is_taken(text: String) throws {
        try JSON.check(Data(text.utf8))
    }

    @Test(arguments: [
        "", " ", "nul", "nulL", "truex", "True", "+1", "01", "-", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity",
        "--1",
        "1 2", "'a'", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"",
        "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"a\nb\"", "\"\u{0}\"", "\"\u{1f}\"", "[", "]", "[1", "[1,]", "[,1]",
        "[1,,2]",
        "[1 2]", "[1]]", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{\"a\":1 \"b\":2}", "{1:2}",
        "{\"a\":1}}", "[1}", "{\"a\":1]", "{\"a\"::1}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "// x\n1",
        "1 /* x */",
        "\u{feff}1", "[\u{a0}1]", "{\"a\":1,\"b\":{\"c\":1,\"c\":1}}",
    ])
    func invalid_text_is_refused(text: String) {
        let error = #expect(throws: DecodingError.self) { try JSON.check(Data(text.utf8)) }
        guard case .dataCorrupted(let context) = error else { return #expect(Bool(false), "\(text): \(error as Any)") }
        #expect(context.codingPath.isEmpty)
    }

    @Test(
        arguments: [[0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xFE, 0xFF, 0, 0x31]]
            as [[UInt8]])
    func bytes_that_are_not_UTF8_are_refused(bytes: [UInt8]) {
        #expect(throws: DecodingError.self) { try JSON.check(Data(bytes)) }
    }

    @Test func a_name_that_occurs_twice_is_found_among_many() {
        let members = (0..<5000).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        #expect(throws: Never.self) { try JSON.check(Data("{\(members)}".utf8)) }
        #expect(throws: DecodingError.self) { try JSON.check(Data("{\(members),\"m17\":1}".utf8)) }
    }

    @Test func limits_hold_before_anything_is_made() {
        let limits = JSONLimits(bytes: 100, depth: 3, values: 5, text: 4, number: 6)
        func isTaken(_ text: String) -> Bool { (try? JSON.check(Data(text.utf8), limits: limits)) != nil }
        #expect(isTaken("[[[1]]]") && !isTaken("[[[[1]]]]"))
        #expect(isTaken("[1,2,3,4]") && !isTaken("[1,2,3,4,5]"))
        #expect(isTaken("\"abcd\"") && !isTaken("\"abcde\""))
        #expect(!isTaken("{\"abcde\":1}"))
        #expect(isTaken("123456") && !isTaken("1234567") && !isTaken("1.2e-10"))
        #expect(!isTaken(String(repeating: " ", count: 100) + "1"))
    }

    /// The input that once took 20 seconds: wide and deep at the same time.
    @Test func depth_beyond_the_limit_costs_nothing() {
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        let text = "{\"description\":[" + Array(repeating: deep, count: 100).joined(separator: ",") + "]}"
        let error = #expect(throws: DecodingError.self) {
            try JSON.decodeLeniently(JSONDocument.self, from: Data(text.utf8))
        }
        #expect("\(error as Any)".contains("nested deeper than 32 levels"))
    }
}
