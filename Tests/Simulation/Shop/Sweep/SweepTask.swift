/// A sweep of one scenario: of the whole world, or of one service that dies alone.
struct SweepTask: Sendable {
    let scenario: Scenario
    /// `nil`: everything dies at once.
    let service: String?

    static let all =
        Scenario.all.map { SweepTask(scenario: $0, service: nil) }
        + Scenario.all.flatMap { scenario in
            services(in: scenario).map { SweepTask(scenario: scenario, service: $0) }
        }

    /// One scenario of each family, which the tests sweep without optimisation and with all of the compiler's checks.
    static let representative = all.filter {
        ["plain", "refund-part", "choreographed-plain", "captured payment"].contains($0.name)
    }

    /// What a change must pass: the world of every scenario, and who dies alone in a few of each kind.
    static let short = all.filter {
        let names = ["plain", "refund-part", "captured", "provider-refunds-part", "refund-fails-later"]
        return $0.service == nil || (names + ["orchestrated-plain"]).contains($0.scenario.name)
    }

    /// Those whose death alone is worth a sweep: who moves the money, and who leads.
    private static func services(in scenario: Scenario) -> [String] {
        switch scenario.purchase {
        case .order: ["payment", "order", "psp"]
        case .checkout: scenario.name.hasSuffix("-plain") ? ["cart", "product", "order", "payment"] : []
        case .story(let story):
            story.plots.contains { $0.purchase == .reservation } ? ["payment", "psp"] : ["payment", "order", "psp"]
        }
    }

    var name: String { service.map { "\(scenario.name) \($0)" } ?? scenario.name }

    func run() throws -> SweepReport {
        let seed = Environment.seed ?? 1
        guard let service else { return try WorldSweep(scenario: scenario, seed: seed).run() }
        return try ServiceSweep(scenario: scenario, seed: seed, service: service).run()
    }
}

extension SweepReport {
    func line(_ task: SweepTask) -> String {
        task.service == nil
            ? "the world, \(task.scenario.name): swept \(points) crash points by \(restarts) restarts"
            : "\(task.service ?? "") alone, \(task.scenario.name): swept \(points) crash points"
    }
}
