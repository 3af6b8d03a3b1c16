import Testing

@testable import ShopSimulation

@Suite struct CrashSweepTests {
    @Test(arguments: Scenario.all.filter(Environment.allows))
    func a_world_that_dies_at_any_point_goes_on_where_it_was(_ scenario: Scenario) throws {
        guard Environment.service == nil else { return }
        let report = try WorldSweep(scenario: scenario, seed: Environment.seed ?? 1).run()
        print("the world, \(scenario.name): swept \(report.points) crash points by \(report.restarts) restarts")
        expectClean(report)
    }

    @Test(arguments: Scenario.orders.filter(Environment.allows), ["payment", "order", "psp"])
    func a_service_that_dies_alone_at_any_point_goes_on_where_it_was(_ scenario: Scenario, _ service: String) throws {
        try sweep(service, scenario)
    }

    @Test(arguments: Scenario.plainCheckouts.filter(Environment.allows), ["cart", "product", "order", "payment"])
    func a_checkout_goes_on_when_one_of_its_services_dies_at_any_point(
        _ scenario: Scenario, _ service: String
    ) throws {
        try sweep(service, scenario)
    }

    private func sweep(_ service: String, _ scenario: Scenario) throws {
        guard Environment.service.map({ $0 == service }) ?? (Environment.step == nil) else { return }
        let report = try ServiceSweep(scenario: scenario, seed: Environment.seed ?? 1, service: service).run()
        print("\(service) alone, \(scenario.name): swept \(report.points) crash points")
        expectClean(report)
    }

    private func expectClean(_ report: SweepReport) {
        #expect(report.restarts > 0)
        for failure in report.failures.prefix(5) { Issue.record("\(failure)") }
        #expect(report.failures.isEmpty, "\(report.failures.count) of \(report.points) crash points failed")
    }
}
