import Kernel
import Testing

@testable import Telemetry

@Suite struct MetricsTests {
    let registry = MetricsRegistry()

    @Test func counters_and_gauges_are_rendered_with_help_type_and_labels() {
        let requests = registry.counter("sambal_http_requests_total", help: "Requests.", labels: ["method", "status"])
        requests.labelled("POST", "201").increment()
        requests.labelled("GET", "200").increment(by: 2)
        registry.gauge("sambal_in_flight", help: "Now.").set(1.5)
        #expect(
            registry.render() == """
                # HELP sambal_http_requests_total Requests.
                # TYPE sambal_http_requests_total counter
                sambal_http_requests_total{method="GET",status="200"} 2
                sambal_http_requests_total{method="POST",status="201"} 1
                # HELP sambal_in_flight Now.
                # TYPE sambal_in_flight gauge
                sambal_in_flight 1.5

                """)
    }

    @Test func label_values_and_help_are_escaped() {
        registry.counter("a_total", help: "one\\two\nthree \"x\"", labels: ["l"]).labelled("a\"b\\c\nd").increment()
        #expect(registry.render().contains(#"# HELP a_total one\\two\nthree "x""#))
        #expect(registry.render().contains(#"a_total{l="a\"b\\c\nd"} 1"#))
    }

    @Test func histogram_buckets_are_cumulative_and_inclusive() {
        let histogram = registry.histogram("h_seconds", help: "H.", buckets: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 1, 3] { histogram.observe(value) }
        histogram.observe(.milliseconds(250))
        #expect(
            registry.render() == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{le="0.1"} 2
                h_seconds_bucket{le="1"} 5
                h_seconds_bucket{le="+Inf"} 6
                h_seconds_sum 4.9
                h_seconds_count 6

                """)
    }

    @Test func a_gauge_with_a_callback_is_asked_when_rendered() {
        registry.gauge("g", help: "G.", labels: ["name": "one"]) { 7 }
        registry.gauge("g", help: "G.", labels: ["name": "two"]) { .infinity }
        registry.gauge("g", help: "G.", labels: ["name": "one"]) { 8 }
        #expect(registry.render().contains("g{name=\"one\"} 8\ng{name=\"two\"} +Inf\n"))
    }

    @Test func the_same_name_and_shape_share_one_metric() {
        registry.counter("c_total", help: "C.").increment()
        registry.counter("c_total", help: "C.").increment()
        #expect(registry.counter("c_total", help: "C.").value == 2)
    }

    @Test func the_same_name_with_another_shape_traps() async {
        await #expect(processExitsWith: .failure) {
            let registry = MetricsRegistry()
            _ = registry.counter("c_total", help: "C.")
            _ = registry.counter("c_total", help: "C.", labels: ["status"])
        }
    }

    @Test func label_values_without_bound_end_in_one_overflow() {
        let family = registry.counter("c_total", help: "C.", labels: ["order"])
        for index in 0..<3000 { family.labelled("\(index)").increment() }
        #expect(family.labelled("other").value == 2000)
        #expect(family.labelled("5").value == 1)
        #expect(registry.render().split(separator: "\n").count == 1006)
    }

    @Test func nothing_is_lost_between_threads() async {
        let counter = registry.counter("c_total", help: "C.")
        let gauge = registry.gauge("g", help: "G.")
        let histogram = registry.histogram("h_seconds", help: "H.", buckets: [1])
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<250 {
                        counter.increment()
                        gauge.increment()
                        histogram.observe(0.5)
                        _ = registry.render()
                    }
                }
            }
        }
        #expect(counter.value == 1000)
        #expect(gauge.value == 1000)
        #expect(histogram.count == 1000)
    }

    @Test func the_process_shows_its_memory_time_and_descriptors() throws {
        ProcessCollector.register(in: registry)
        let values = Dictionary(uniqueKeysWithValues: ProcessCollector.metrics().map { ($0.name, $0.value) })
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_start_time_seconds"]) > 1_600_000_000)
        #expect(registry.render().contains("# TYPE process_cpu_seconds_total counter"))
    }

    @Test func a_bound_that_was_reached_says_so() {
        let family = registry.counter("a_total", help: "A.", labels: ["l"])
        for number in 0..<MetricFamily<Counter>.childrenLimit { family.labelled("\(number)").increment() }
        #expect(!registry.render().contains("sambal_metrics_overflows_total"))
        for number in 0..<7 { family.labelled("more \(number)").increment() }
        #expect(registry.render().contains(#"sambal_metrics_overflows_total{metric="a_total"} 7"#))
        #expect(registry.render().contains(#"a_total{l="other"} 7"#))
    }
}
