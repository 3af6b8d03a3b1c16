import Simulation
import Testing

@testable import ShopSimulation

@Suite struct ReplayTests {
    @Test(arguments: Scenario.all)
    func a_seed_replays_to_the_same_steps_and_the_same_state(_ scenario: Scenario) throws {
        for seed in Environment.seed.map({ $0...$0 }) ?? 1...3 {
            let first = try run(scenario, seed: seed)
            let second = try run(scenario, seed: seed)
            #expect(first == second, "seed \(seed)")
        }
    }

    @Test func another_seed_takes_another_way() throws {
        let (first, second) = (try run(.plain, seed: 1), try run(.plain, seed: 2))
        #expect(first.digest != second.digest)
    }

    private struct Run: Equatable {
        let steps: Int
        let commits: Int
        let digest: UInt64
    }

    private func run(_ scenario: Scenario, seed: UInt64) throws -> Run {
        let shop = try SimulatedShop(scenario, seed: seed)
        try shop.open(customers: 2)
        try shop.settle()
        try shop.repeatPurchases()
        let run = Run(steps: shop.loop.steps, commits: shop.watch.commits, digest: shop.digest)
        try shop.close()
        return run
    }
}
