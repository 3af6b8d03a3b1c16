import Kernel
import Testing

@testable import SambalProgram

@Suite struct LoadReportTests {
    private static func tally(_ milliseconds: [Int64], failures: Int = 0) -> LoadTally {
        var tally = LoadTally()
        for value in milliseconds { tally.latencies.record(microseconds: value * 1000) }
        (tally.successes, tally.failures) = (milliseconds.count - failures, failures)
        return tally
    }

    @Test func every_value_is_in_a_class_whose_bound_is_at_most_a_64th_above_it() {
        var value: Int64 = 0
        while value < 1 << 50 {
            let bound = LatencyHistogram.upperBound(of: LatencyHistogram.index(of: value))
            #expect(bound >= value && bound - value <= max(0, value / 64), "\(value) \(bound)")
            #expect(LatencyHistogram.index(of: bound) == LatencyHistogram.index(of: value))
            #expect(LatencyHistogram.index(of: bound + 1) == LatencyHistogram.index(of: value) + 1)
            value = value * 9 / 8 + 1
        }
    }

    @Test func percentiles_are_those_of_the_values_and_never_better() {
        var histogram = LatencyHistogram()
        for value in 1...10_000 as ClosedRange<Int64> { histogram.record(microseconds: value) }
        for (share, exact) in [(0.5, 5000), (0.99, 9900), (0.999, 9990)] as [(Double, Int64)] {
            let found = histogram.percentile(share) ?? 0
            #expect(found >= exact && found <= exact + exact / 64)
        }
        #expect(histogram.percentile(1) == 10_000 && histogram.minimum == 1 && histogram.mean == 5000.5)
        #expect(LatencyHistogram().percentile(0.5) == nil)
    }

    @Test func merged_histograms_are_one_of_all_values() {
        var (one, other, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in 0..<1000 as Range<Int64> {
            if value % 3 == 0 { one.record(microseconds: value * 7) } else { other.record(microseconds: value * 7) }
            all.record(microseconds: value * 7)
        }
        one.merge(other)
        #expect([0.01, 0.5, 0.9, 1].map { one.percentile($0) } == [0.01, 0.5, 0.9, 1].map { all.percentile($0) })
        #expect(one.count == 1000 && one.minimum == 0 && one.maximum == 6993)
    }

    @Test(arguments: [
        ("p50<21ms", true), ("p50<20ms", false), ("p99>50ms", true), ("max<1s", true), ("max<100ms", false),
        ("errors<30%", true), ("errors<20%", false), ("rate>1", true), ("rate>2/s", false),
    ])
    func a_threshold_is_met_or_missed(rule: String, isMet: Bool) throws {
        let tally = Self.tally([10, 20, 30, 100], failures: 1)
        let threshold = try #require(LoadThreshold.parse(rule).first)
        #expect(threshold.holds(for: tally, over: .seconds(2)) == isMet)
    }

    /// A test in which nothing was answered must not pass.
    @Test(arguments: ["p99<1s", "max<1s", "errors<100%", "rate>0"])
    func no_threshold_is_met_without_an_answer(rule: String) throws {
        let threshold = try #require(LoadThreshold.parse(rule).first)
        #expect(!threshold.holds(for: LoadTally(), over: .seconds(2)))
    }

    private static func row(_ id: String, _ status: String = "PAID", isPaid: Bool = true, messages: Int = 2)
        -> ShopSums.Row
    { ShopSums.Row(id: id, status: status, isPaid: isPaid, messagesSent: messages) }

    private static func charge(_ id: String, _ order: String, _ captured: Int64 = 100, refunded: Int64 = 0)
        -> ShopSums.Charge
    {
        ShopSums.Charge(
            id: id, action: "charge", orderId: order, status: "captured", captured: captured, refunded: refunded,
            chargedAt: "2026-01-01T00:00:00.000Z")
    }

    private static func faults(
        _ rows: [ShopSums.Row], _ charges: [ShopSums.Charge], _ placed: Set<String>, differences: Int? = 0
    ) -> [String] {
        var figures = ShopFigures(rows: rows, charges: charges, placed: placed)
        figures.differences = differences
        return figures.faults
    }

    @Test func sums_that_agree_have_no_fault_also_with_an_order_whose_answer_was_lost() {
        let rows = [Self.row("A"), Self.row("B", "REFUNDED"), Self.row("C", "PAYMENT_FAILED", isPaid: false)]
        let charges = [Self.charge("1", "A"), Self.charge("2", "B", refunded: 100)]
        #expect(Self.faults(rows, charges, ["A", "B"]) == [])
        let figures = ShopFigures(rows: rows, charges: charges, placed: ["A", "B"])
        #expect(figures.stored == 3 && figures.answered == 2 && figures.capturedAmount == 200)
        #expect(figures.refundedAmount == 100 && figures.statuses["REFUNDED"] == 1)
    }

    @Test func each_thing_that_does_not_add_up_is_said_with_its_orders() {
        let twice = [Self.charge("1", "A"), Self.charge("2", "A")]
        #expect(Self.faults([Self.row("A")], twice, ["A"]) == ["1 orders were charged more than once: A"])
        #expect(
            Self.faults([], [], ["A"]) == ["1 orders were answered and are not on the dashboard: A"])
        #expect(Self.faults([Self.row("A")], [], ["A"]) == ["1 orders are paid without a capture at the provider: A"])
        #expect(
            Self.faults([], [Self.charge("1", "X")], []) == [
                "1 orders were captured at the provider and are not on the dashboard: X"
            ])
        #expect(
            Self.faults([Self.row("A", messages: 1)], [Self.charge("1", "A")], ["A"]) == [
                "1 orders are still under way"
            ])
        #expect(Self.faults([], [], [], differences: 3).first?.contains("differ in 3") == true)
        #expect(Self.faults([], [], [], differences: nil).first?.contains("could not be compared") == true)
    }

    @Test func a_report_has_siege_s_figures_and_its_page_shows_what_strangers_wrote_as_text() throws {
        let meter = LoadMeter()
        for number in 0..<10 {
            meter.began()
            meter.ended(
                LoadSample(
                    action: .order, latency: .milliseconds(10), bytes: 100,
                    failure: number == 0 ? "503 <script>alert(1)</script>" : nil, isUnknown: number == 0),
                second: number / 5, busy: .milliseconds(10))
        }
        let plan = LoadPlan(
            model: .closed, stages: [LoadStage(duration: .seconds(2), from: 1, target: 1)],
            mix: try LoadMix.parse("order"), thresholds: try LoadThreshold.parse("errors<1%"), maximumInFlight: 1,
            timeout: .seconds(1), gateway: "http://127.0.0.1")
        let report = LoadReport(
            plan: plan, state: meter.snapshot, elapsed: .seconds(2), startedAt: Timestamp(milliseconds: 0), version: "1"
        )
        #expect(report.text.contains("Availability:              90.00 %"))
        #expect(report.text.contains("Transaction rate:          4.50 trans/sec"))
        #expect(report.text.contains("Concurrency:               0.05"))
        #expect(report.text.contains("missed errors<1%") && !report.meetsThresholds)
        #expect(report.seconds.map(\.successes) == [4, 5] && report.all.unknown == 1)
        let stored = try JSON.decode(LoadReport.self, from: JSON.encode(report))
        let page = LoadPage(report: stored, earlier: report).html
        #expect(page.contains("&lt;script>alert(1)") && !page.contains("<script"))
        #expect(page.contains("<polyline"))
    }
}
