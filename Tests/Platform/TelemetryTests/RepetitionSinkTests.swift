import Kernel
import PlatformTestSupport
import Telemetry
import Testing

@Suite struct RepetitionSinkTests {
    private let kept = RecordingSink()

    private func record(
        _ message: String, at second: Int64, _ level: Logger.Level = .error, error: String = "it is away"
    ) -> LogRecord {
        LogRecord(
            time: Timestamp(milliseconds: second * 1000), level: level, service: "order", message: message,
            metadata: [.error: .string(error)])
    }

    @Test func a_repeated_line_is_written_once_and_counted() {
        let sink = RepetitionSink(kept)
        for tick in 0..<58 { sink.write(record("not stored", at: Int64(tick / 2))) }
        #expect(kept.records.map(\.message) == ["not stored"])
        sink.flush(at: Timestamp(milliseconds: 29_000))
        #expect(kept.records.count == 1)
        sink.flush(at: Timestamp(milliseconds: 30_000))
        #expect(kept.records.last?.message == "not stored … 57 more times in the last 30 s")
        #expect(kept.records.last?.metadata[.error] == "it is away")
        // A new window begins with a line of its own.
        sink.write(record("not stored", at: 31))
        #expect(kept.records.count == 3)
    }

    @Test func a_single_line_is_not_summarised() {
        let sink = RepetitionSink(kept)
        sink.write(record("not stored", at: 0))
        sink.finish(at: Timestamp(milliseconds: 60_000))
        #expect(kept.records.map(\.message) == ["not stored"])
    }

    @Test func the_end_of_a_window_is_noticed_by_the_next_record() {
        let sink = RepetitionSink(kept)
        for second in [0, 1, 2] { sink.write(record("not stored", at: Int64(second))) }
        sink.write(record("something else", at: 40))
        #expect(
            kept.records.map(\.message) == [
                "not stored", "not stored … 2 more times in the last 30 s", "something else",
            ])
    }

    @Test func other_errors_are_told_apart_up_to_a_number() {
        let sink = RepetitionSink(kept)
        for number in 0..<100 { sink.write(record("request failed", at: 0, error: "number \(number)")) }
        #expect(kept.records.count == 8)
        sink.finish(at: Timestamp(milliseconds: 1000))
        #expect(kept.records.last?.message == "request failed … 92 more times in the last 30 s")
    }

    @Test func news_are_never_counted_together() {
        let sink = RepetitionSink(kept)
        for _ in 0..<3 { sink.write(record("order placed", at: 0, .info)) }
        #expect(kept.records.count == 3)
    }
}
