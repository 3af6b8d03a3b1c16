import FoundationEssentials
import Testing

@testable import Kernel

@Suite struct JSONEncodingTests {
    /// What the encoder writes, member for member, is what Foundation writes.
    @Test(arguments: Sample.all)
    func writes_what_Foundation_writes(sample: Sample) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        // Sorted by Foundation on both sides: the order of members is ours, what they hold is not.
        #expect(try sample.encodedInOrder(by: encoder) == encoder.encode(sample))
    }

    @Test(arguments: [
        "", "plain", "\"\\/", "\u{0}\u{1}\u{8}\u{9}\n\u{b}\u{c}\r\u{1f} \u{7f}", "삼발 🌶️ é\u{2028}", "a\"b\"c\n",
    ])
    func writes_text_as_Foundation_does(text: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        #expect(try JSON.encode(text) == encoder.encode(text))
        #expect(try JSON.encode([text: text]) == encoder.encode([text: text]))
    }

    @Test(arguments: [0, 1, -1, 0.1, 1e100, -2.5e-9, 1e15, 1e16, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
    func writes_numbers_as_Foundation_does(number: Double) throws {
        #expect(try JSON.encode(number) == JSONEncoder().encode(number))
        #expect(try JSON.encode(Float(0.1)) == JSONEncoder().encode(Float(0.1)))
    }

    @Test(arguments: ["0", "100.5", "-0.01", "92233720368547758.07", "1234567890123456789012345678"])
    func writes_decimals_digit_for_digit(number: String) throws {
        let decimal = try JSONDecoder().decode(Decimal.self, from: Data(number.utf8))
        #expect(String(decoding: try JSON.bytes(of: [decimal]), as: UTF8.self) == "[\(number)]")
        #expect(try JSON.encode(decimal) == JSONEncoder().encode(decimal))
    }

    @Test(arguments: [0, 9, 10, -1, -10, 1_234_567_890, .max, .min] as [Int64])
    func writes_integers(number: Int64) throws {
        #expect(String(decoding: try JSON.bytes(of: number), as: UTF8.self) == String(number))
    }

    @Test func writes_the_extremes_of_every_integer() throws {
        struct Extremes: Encodable {
            let a = UInt64.max
            let b = [Int8.min, Int8.max]
            let c = UInt8.max
            let d = Int16.min
        }
        #expect(try text(Extremes()) == #"{"a":18446744073709551615,"b":[-128,127],"c":255,"d":-32768}"#)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func refuses_what_JSON_has_no_number_for(number: Double) throws {
        struct Outer: Encodable {
            struct Inner: Encodable { let number: [Double] }
            let inner: Inner
        }
        let error = try #require(throws: EncodingError.self) {
            try JSON.encode(Outer(inner: .init(number: [1, number])))
        }
        guard case .invalidValue(_, let context) = error else { throw error }
        #expect(context.codingPath.map(\.stringValue) == ["inner", "number", "1"])
    }

    @Test func keeps_the_order_of_declaration_and_leaves_nil_out() throws {
        struct Row: Encodable {
            let id = "a"
            let zebra = 1
            let absent: Int? = nil
            let apple = true
        }
        #expect(try text(Row()) == #"{"id":"a","zebra":1,"apple":true}"#)
    }

    @Test func sorts_dictionaries_and_writes_data_in_base_64() throws {
        #expect(try text(["b": 2, "a": 1, "c": 3]) == #"{"a":1,"b":2,"c":3}"#)
        #expect(try text(["b": ["y": 1, "x": 2], "a": [:]]) == #"{"a":{},"b":{"x":2,"y":1}}"#)
        #expect(try text(Data([1, 2, 3])) == #""AQID""#)
        #expect(try text([Decimal(string: "100.5"), Decimal(string: "-0.001")]) == "[100.5,-0.001]")
    }

    @Test func goes_on_in_an_object_that_was_left() throws {
        struct Inner: Encodable { let first = [1] }
        struct Outer: Encodable {
            enum Keys: CodingKey { case last }
            func encode(to encoder: any Encoder) throws {
                try Inner().encode(to: encoder)
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(["x"], forKey: .last)
            }
        }
        #expect(try text([Outer(), Outer()]) == #"[{"first":[1],"last":["x"]},{"first":[1],"last":["x"]}]"#)
    }

    @Test func nests_containers_and_inherited_parts() throws {
        struct Nesting: Encodable {
            enum Keys: CodingKey { case object, array, parent, unused, end }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                var object = container.nestedContainer(keyedBy: Keys.self, forKey: .object)
                try object.encode(1, forKey: .end)
                var array = container.nestedUnkeyedContainer(forKey: .array)
                try array.encode(2)
                _ = array.nestedContainer(keyedBy: Keys.self)
                try array.encodeNil()
                #expect(array.count == 3)
                try "p".encode(to: container.superEncoder(forKey: .parent))
                _ = container.superEncoder(forKey: .unused)
                try container.encodeNil(forKey: .end)
            }
        }
        #expect(
            try text(Nesting())
                == #"{"object":{"end":1},"array":[2,{},null],"parent":"p","unused":{},"end":null}"#)
    }

    @Test func writes_an_empty_object_for_a_value_that_writes_nothing() throws {
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        #expect(try text([Nothing()]) == "[{}]")
        #expect(try text([] as [Int]) == "[]")
        #expect(try text(Int?.none) == "null")
        #expect(try text(["a": Int?.none]) == #"{"a":null}"#)
    }

    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSON.bytes(of: value), as: UTF8.self)
    }
}

/// A value of most shapes there are.
struct Sample: Codable, Sendable, Hashable {
    enum Kind: String, Codable, Sendable { case one, two }
    struct Part: Codable, Sendable, Hashable {
        var name = "part"
        var weights = [1.5, 2, -0.25]
    }
    var id = "id/1"
    var kind = Kind.two
    var count: Int32 = -7
    var truth = false
    var absent: String?
    var present: String? = "here \u{1}\"\\"
    var parts = [Part(), Part(name: "é", weights: [])]
    var table = ["b": [1, 2], "a": []]
    var nested: [[String: Part?]] = [["x": Part(), "y": nil], [:]]
    var time = Timestamp(milliseconds: 1_700_000_000_123)

    static let all = [
        Sample(), Sample(kind: .one, absent: "x", present: nil, parts: []), Sample(truth: true, table: [:], nested: []),
    ]

    /// Ours, read and written again.
    fileprivate func encodedInOrder(by encoder: JSONEncoder) throws -> Data {
        try encoder.encode(JSONDecoder().decode(Sample.self, from: JSON.encode(self)))
    }
}
