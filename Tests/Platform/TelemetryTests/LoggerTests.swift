import FoundationEssentials
import Glibc
import Kernel
import PlatformTestSupport
import Synchronization
import Testing

@testable import Telemetry

@Suite struct LoggerTests {
    let sink = RecordingSink()

    func logger(_ level: Logger.Level = .info) -> Logger {
        Logger(label: "order", logLevel: level, sink: sink) { Timestamp(milliseconds: 1_767_225_600_250) }
    }

    static func record(_ message: String, _ metadata: Logger.Metadata = [:]) -> LogRecord {
        LogRecord(
            time: Timestamp(milliseconds: 1_767_225_600_250), level: .info, service: "order", message: message,
            metadata: metadata)
    }

    @Test func a_level_that_is_off_evaluates_nothing() {
        let evaluated = Atomic(false)
        func message() -> String {
            evaluated.store(true, ordering: .relaxed)
            return ""
        }
        logger(.warning).info(message())
        let wasEvaluated = evaluated.load(ordering: .relaxed)
        #expect(!wasEvaluated)
        #expect(sink.records.isEmpty)
        logger(.off).error("unseen")
        #expect(sink.records.isEmpty)
    }

    @Test func a_record_carries_service_fields_and_the_current_trace() {
        let trace = TraceContext.start { 7 }
        TraceContext.$current.withValue(trace) {
            logger().info("order placed", metadata: ["order": .string("ORD-1"), .port: 8084])
        }
        let record = sink.records[0]
        #expect(record.service == "order")
        #expect(record.trace == trace)
        #expect(record.metadata["order"] == "ORD-1")
        #expect(record.metadata[.port] == 8084)
    }

    @Test func json_is_one_object_a_line_whatever_the_text_holds() throws {
        let text = "quote \" back \\ line \n tab \t bell \u{7} é 🌶"
        let line = LogFormat.json.render(
            Self.record(text, ["note": .string(text), "n": 3, "ok": true, "x": .number(.nan)]))
        #expect(line.hasSuffix("}\n"))
        #expect(line.dropLast().contains("\n") == false)
        struct Line: Decodable {
            let time, level, service, message, note, x: String
            let n: Int
            let ok: Bool
        }
        let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        #expect(decoded.message == text)
        #expect(decoded.note == text)
        #expect(decoded.time == "2026-01-01T00:00:00.250Z")
        #expect(decoded.n == 3 && decoded.ok && decoded.x == "nan")
    }

    @Test func text_is_readable_and_cannot_be_forged() {
        let line = LogFormat.text.render(Self.record("order placed", ["order": "ORD-1", "note": "a b\n\u{1b}[2J"]))
        #expect(line == "00:00:00.250 INFO    order        order placed order=ORD-1 note=\"a b  [2J\"\n")
    }

    @Test(arguments: LogFormat.allCases)
    func a_line_never_exceeds_what_a_pipe_takes_at_once(format: LogFormat) {
        let long = String(repeating: "\u{1}🌶", count: 5000)
        var fields: Logger.Metadata = [:]
        for index in 0..<100 { fields.append(Logger.MetadataKey("field\(index)"), .string(long)) }
        var record = Self.record(long, fields)
        record.trace = TraceContext.start { .max }
        let line = format.render(record)
        #expect(line.utf8.count <= LogFormat.lineLimit)
        #expect(line.contains("truncated"))
    }

    @Test func a_reader_that_does_not_keep_up_costs_lines_not_time() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let sink = StandardErrorSink(format: .json, descriptor: ends[1])
        for _ in 0..<5000 { sink.write(Self.record("a line")) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let first = read(ends[0], &buffer, buffer.count)
        let lines = String(decoding: buffer[..<first], as: UTF8.self).split(separator: "\n").count
        sink.write(Self.record("after"))
        let second = read(ends[0], &buffer, buffer.count)
        let after = String(decoding: buffer[..<second], as: UTF8.self)
        #expect(lines < 5000)
        #expect(after.contains("\"count\":\(5000 - lines)"))
        #expect(after.contains("\"message\":\"after\""))
    }
}
