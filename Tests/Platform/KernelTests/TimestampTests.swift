import Foundation
import Kernel
import Testing

@Suite struct TimestampTests {
    @Test func every_millisecond_survives_the_way_through_text() {
        for milliseconds in stride(from: Int64(1_795_247_138_000), to: 1_795_247_140_000, by: 1) {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test func days_far_and_near_are_written_as_Foundation_writes_them() {
        let format = Date.ISO8601FormatStyle()
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let seconds = Int64(random.next() % 264_000_000_000) - 11_000_000_000  // years 1621 to 9986
            let time = Timestamp(milliseconds: seconds * 1000)
            let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(format).dropLast()
            #expect(time.description == expected + ".000Z")
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test(arguments: [
        ("2026-01-31T08:15:30Z", 1_769_847_330_000), ("2026-01-31T08:15:30.25Z", 1_769_847_330_250),
        ("2026-01-31T15:15:30.250+07:00", 1_769_847_330_250), ("1969-12-31T23:59:59.999Z", -1),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000),
    ])
    func reads_what_RFC_3339_allows(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-01-31", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T08:15:30", "2026-01-31T08:15:30.Z", "2026-01-31T08:15:30Zx", "2026-01-31 08:15:30Z",
        // In UTC, the years before 0 and after 9999.
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59.999-00:01",
    ])
    func refuses_what_is_no_time(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func the_first_and_the_last_time_survive_the_way_through_text() {
        for (time, text) in [
            (Timestamp.earliest, "0000-01-01T00:00:00.000Z"), (Timestamp.latest, "9999-12-31T23:59:59.999Z"),
        ] {
            #expect(time.description == text)
            #expect(Timestamp(text) == time)
        }
    }

    /// A record of a log may tell any number for its time.
    @Test(arguments: [
        (Int64.min, "0000-01-01T00:00:00.000Z"), (Timestamp.earliest.milliseconds - 1, "0000-01-01T00:00:00.000Z"),
        (Timestamp.latest.milliseconds + 1, "9999-12-31T23:59:59.999Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
    ])
    func a_time_that_no_text_can_say_is_written_as_the_nearest(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test(arguments: [(Int64(0), Int64?(0)), (-1, -1000), (.max, nil), (.min, nil), (253_402_300_800, nil)])
    func seconds_are_taken_as_far_as_a_text_can_say_them(seconds: Int64, milliseconds: Int64?) {
        #expect(Timestamp(seconds: seconds)?.milliseconds == milliseconds)
    }
}
