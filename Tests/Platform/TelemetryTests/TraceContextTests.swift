import Telemetry
import Testing

@Suite struct TraceContextTests {
    static let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func a_valid_header_is_read_and_written_unchanged() throws {
        let trace = try #require(TraceContext(Self.valid))
        #expect(trace.description == Self.valid)
        #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(trace.spanID == "00f067aa0ba902b7")
        #expect(trace.flags == 1)
    }

    @Test(arguments: [
        "", "00", "hello",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
    ])
    func an_invalid_header_is_refused(text: String) {
        #expect(TraceContext(text) == nil)
    }

    @Test func a_later_version_may_carry_more() {
        #expect(TraceContext("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more") != nil)
    }

    @Test func a_child_keeps_the_trace_and_has_its_own_span() throws {
        let parent = try #require(TraceContext(Self.valid))
        let child = parent.child { 0xabc }
        #expect(child.description == "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000abc-01")
    }

    @Test func random_zeros_never_make_an_invalid_trace() {
        let trace = TraceContext.start { 0 }
        #expect(TraceContext(trace.description) == trace)
        #expect(TraceContext(trace.child { 0 }.description) != nil)
    }
}
