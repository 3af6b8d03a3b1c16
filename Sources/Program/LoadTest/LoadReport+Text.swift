import Kernel

extension LoadReport {
    var text: String {
        [latencyTable, failureTable, shopText, siegeText, verdicts].filter { !$0.isEmpty }.joined(separator: "\n")
            + "\n"
    }

    private var latencyTable: String {
        var table = Table("KIND", "SENT", "OK", "FAILED", "PER S", "P50", "P90", "P99", "P99.9", "MAX")
        func add(_ name: String, _ figures: Figures) {
            table.add(
                name, "\(figures.sent)", "\(figures.successes)", "\(figures.failures)",
                LoadUnits.decimal(figures.rate), LoadUnits.milliseconds(figures.p50),
                LoadUnits.milliseconds(figures.p90), LoadUnits.milliseconds(figures.p99),
                LoadUnits.milliseconds(figures.p999), LoadUnits.milliseconds(figures.maximum))
        }
        for (name, figures) in byAction.sorted(by: { $0.key < $1.key }) { add(name, figures) }
        if byAction.count > 1 { add("all", all) }
        return table.text
    }

    private var failureTable: String {
        guard !failures.isEmpty else { return "" }
        var table = Table([.init("FAILURES"), .init("REASON", isFlexible: true)])
        for (reason, count) in failures.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            table.add("\(count)", reason)
        }
        return table.text
            + (all.unknown > 0 ? "  Of \(all.unknown) it is not known whether they had their effect.\n" : "")
    }

    private var shopText: String {
        var text = shop?.text ?? ""
        if let usage {
            let each = all.successes > 0 ? usage.cpu * 1e6 / Double(all.successes) : 0
            text +=
                "  \(LoadUnits.decimal(usage.cpu)) s of CPU, \(LoadUnits.decimal(each, 0)) µs for each answer, and "
                + "\(LoadUnits.decimal(usage.memory / 1_048_576, 0)) MB of memory at the end\n"
        }
        return text
    }

    /// The block of figures at the end of siege, in its words and units.
    private var siegeText: String {
        let mean = (all.mean ?? 0) / 1e6
        let megabytes = Double(bytes) / 1_048_576
        return """
            Transactions:              \(all.successes) hits
            Availability:              \(LoadUnits.decimal(all.availability, 2)) %
            Elapsed time:              \(LoadUnits.decimal(elapsed, 2)) secs
            Data transferred:          \(LoadUnits.decimal(megabytes, 2)) MB
            Response time:             \(LoadUnits.decimal(mean, 2)) secs
            Transaction rate:          \(LoadUnits.decimal(all.rate, 2)) trans/sec
            Throughput:                \(LoadUnits.decimal(megabytes / max(elapsed, 0.001), 2)) MB/sec
            Concurrency:               \(LoadUnits.decimal(concurrency, 2))
            Successful transactions:   \(all.successes)
            Failed transactions:       \(all.failures)
            Longest transaction:       \(LoadUnits.decimal(Double(all.maximum ?? 0) / 1e6, 2))
            Shortest transaction:      \(LoadUnits.decimal(Double(all.minimum ?? 0) / 1e6, 2))

            """
    }

    private var verdicts: String {
        var lines = thresholds.map { "  \($0.isMet ? "met   " : "missed") \($0.threshold)\n" }
        if let shop {
            lines.append(
                shop.faults.isEmpty
                    ? "It adds up: every order that was answered is there, and none was charged more than once.\n"
                    : "It does NOT add up.\n" + shop.faults.map { "  \($0)\n" }.joined())
        }
        return lines.joined()
    }
}
