import FoundationEssentials
import Kernel
import Testing

@Suite struct JSONDecodingTests {
    struct Sample: Codable, Equatable {
        var text: String?
        var count: Int?
        var small: UInt8?
        var rate: Double?
        var isOpen: Bool?
        var price: Decimal?
        var bytes: Data?
        var tags: [String]?
        var nested: [String: [Sample]]?
    }

    private func lenient(_ text: String) throws -> Sample {
        try JSON.decodeLeniently(Sample.self, from: Data(text.utf8))
    }

    @Test func what_was_encoded_is_decoded() throws {
        let inner = Sample(text: "\"\\\n🌶\u{0}", count: .min, small: 255, rate: 1e-300, isOpen: false)
        let sample = Sample(
            price: Decimal(string: "12345678901234567890.12"), bytes: Data([0, 255]), tags: ["", "b"],
            nested: ["a b": [inner, Sample()], "": []])
        #expect(try JSON.decode(Sample.self, from: JSON.encode(sample)) == sample)
        #expect(try JSON.decodeLeniently(Sample.self, from: JSON.encode(sample)) == sample)
    }

    @Test(arguments: [
        "9400111899223045678901", "1.10", "1e2", "-0", "0.1000000000000000055511151231257827",
        "123456789012345678901234567890",
    ])
    func a_number_where_text_is_meant_keeps_every_digit(literal: String) throws {
        #expect(try lenient("{\"text\":\(literal)}").text == literal)
        #expect(try lenient("{\"tags\":[\(literal)]}").tags == [literal])
        #expect(throws: DecodingError.self) {
            try JSON.decode(Sample.self, from: Data("{\"text\":\(literal)}".utf8))
        }
    }

    @Test func text_where_a_number_is_meant_is_read() throws {
        let sample = try lenient(#"{"count":"10","rate":"2.5","isOpen":"true","price":"1.20","small":"7"}"#)
        #expect(sample == Sample(count: 10, small: 7, rate: 2.5, isOpen: true, price: Decimal(string: "1.20")))
    }

    @Test func whole_numbers_in_other_forms_are_whole() throws {
        #expect(try lenient(#"{"count":1e3}"#).count == 1000)
        #expect(try lenient(#"{"count":10.0}"#).count == 10)
        #expect(try lenient(#"{"count":9223372036854775807}"#).count == .max)
    }

    @Test(arguments: [
        #"{"count":1.5}"#, #"{"count":1e300}"#, #"{"count":9223372036854775808}"#, #"{"count":9007199254740993.0}"#,
        #"{"count":"ten"}"#, #"{"count":true}"#, #"{"count":[1]}"#, #"{"small":256}"#, #"{"small":-1}"#,
        #"{"rate":1e999}"#,
        #"{"rate":"nan"}"#, #"{"rate":"inf"}"#, #"{"isOpen":1}"#, #"{"isOpen":"yes"}"#, #"{"text":true}"#,
        #"{"text":{}}"#, #"{"price":1.234567890123456789012345678901234567890}"#, #"{"bytes":"*"}"#,
        #"{"price":"10 won"}"#, #"{"price":"1;2"}"#, #"{"price":"inf"}"#, #"{"price":"0x10"}"#, #"{"price":1e40}"#,
    ])
    func what_does_not_fit_names_its_field(text: String) throws {
        let error = #expect(throws: DecodingError.self) { try lenient(text) }
        let path: [any CodingKey]
        switch error {
        case .typeMismatch(_, let context), .dataCorrupted(let context): path = context.codingPath
        default: return #expect(Bool(false), "\(error as Any)")
        }
        #expect(path.count == 1 && text.hasPrefix("{\"\(path.first?.stringValue ?? "")\""))
    }

    @Test func paths_lead_to_the_element() throws {
        let error = #expect(throws: DecodingError.self) {
            try lenient(#"{"nested":{"a":[{},{"count":"x"}]}}"#)
        }
        guard case .typeMismatch(_, let context) = error else { return #expect(Bool(false)) }
        #expect(context.codingPath.map(\.stringValue) == ["nested", "a", "1", "count"])
        #expect(context.codingPath[2].intValue == 1)
    }

    @Test func members_are_found_in_any_order_and_among_many() throws {
        let noise = (0..<100).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
        for text in [
            #"{"count":1,"text":"a"}"#, #"{"text":"a","x":[{"count":9}],"count":1}"#,
            "{\"text\":\"a\",\(noise),\"count\":1}",
        ] {
            #expect(try lenient(text) == Sample(text: "a", count: 1))
        }
        #expect(try lenient(#"{"te\u0078t":"a"}"#).text == "a")
    }

    @Test func snake_case_concerns_properties_and_not_data() throws {
        struct Order: Codable, Equatable {
            var orderId: Int
            var callbackURL: String?
            var metadata: [String: String]
        }
        let text = #"{"order_id":"7","metadata":{"order_id":"x","a_b":"y"}}"#
        let order = try JSON.decodeSnakeCaseLeniently(Order.self, from: Data(text.utf8))
        #expect(order == Order(orderId: 7, metadata: ["order_id": "x", "a_b": "y"]))
    }

    @Test func any_document_keeps_its_numbers() throws {
        let text = #"{"a":9400111899223045678901,"b":[1.10,-0,1e400,7,null,true]}"#
        let document = try JSON.decode(JSONDocument.self, from: Data(text.utf8))
        #expect(String(decoding: try JSON.encode(document), as: UTF8.self) == text)
    }
}
