import Testing

@testable import ShopSimulation

/// Sweeps a scenario of each family; `make sweeps` sweeps them all.
@Suite struct CrashSweepTests {
    @Test(arguments: SweepTask.representative)
    func who_dies_at_any_point_goes_on_where_it_was(_ task: SweepTask) throws {
        let report = try task.run()
        print(report.line(task))
        #expect(report.restarts > 0)
        for failure in report.failures.prefix(5) { Issue.record("\(failure)") }
        #expect(report.failures.isEmpty, "\(report.failures.count) of \(report.points) crash points failed")
    }
}

extension SweepTask: CustomTestStringConvertible {
    public var testDescription: String { name }
}
