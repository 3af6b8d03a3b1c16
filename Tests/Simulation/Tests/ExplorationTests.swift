import Kernel
import Simulation
import Testing

@testable import ShopSimulation

/// Many seeds, each a story of its own: several customers at once, faults of the provider, messages that take their
/// time, and services that die at any moment, also while others are down.
@Suite struct ExplorationTests {
    @Test func whatever_happens_every_order_is_settled_and_charged_once() throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Environment.secondsToExplore)
        var (seed, seeds, checkouts) = (Environment.seed ?? 1, 0, 0)
        repeat {
            do {
                if try explore(seed).plan != nil { checkouts += 1 }
            } catch {
                Issue.record("\(error)\n    again: SAMBAL_SIMULATE_SEED=\(seed)")
                return
            }
            seed += 1
            seeds += 1
        } while Environment.seed == nil && clock.now < end
        print("explored \(seeds) seeds, \(checkouts) of them with carts")
    }

    /// The story that it was.
    private func explore(_ seed: UInt64) throws -> Scenario {
        var dice = SplitMix64(seed: seed)
        let scenario = Self.scenario(&dice)
        let shop = try SimulatedShop(scenario, seed: seed)
        try shop.open(customers: Int.random(in: 1...4, using: &dice))
        var down: [(service: String, until: Duration)] = []
        for _ in 0..<Int.random(in: 0...4, using: &dice) {
            try run(shop, steps: Int.random(in: 1...400, using: &dice), &down)
            let service = shop.services.randomElement(using: &dice)!
            let ending = SimulatedNetwork.Ending.allCases.randomElement(using: &dice)!
            let downtime = Duration.milliseconds(Int.random(in: 1...20_000, using: &dice))
            guard !down.contains(where: { $0.service == service }) else { continue }
            shop.kill(service, ending)
            down.append((service, shop.loop.uptime + downtime))
        }
        while !down.isEmpty { try run(shop, steps: 1, &down) }
        // A callback that fails seven times, five deliveries of it wanted, keeps the provider busy for minutes.
        try shop.settle(within: .seconds(1800))
        try shop.repeatPurchases()
        try shop.close()
        return scenario
    }

    /// Restarts those whose time has come.
    private func run(_ shop: SimulatedShop, steps: Int, _ down: inout [(service: String, until: Duration)]) throws {
        for _ in 0..<steps {
            for (service, until) in down where until <= shop.loop.uptime { shop.restart(service) }
            down.removeAll { $0.until <= shop.loop.uptime }
            guard shop.loop.step() else { throw SimulatedShop.Fault(description: "the world stands still") }
        }
    }

    private static func scenario(_ dice: inout SplitMix64) -> Scenario {
        var scenario = Scenario(name: "explored")
        func sometimes(_ fault: String) {
            if Int.random(in: 0..<4, using: &dice) == 0 { scenario.faults.append(fault) }
        }
        for fault in ["lostReplies", "serverErrors", "serverErrorsAfter", "rateLimited", "hangs"] {
            sometimes("\(fault): \(["0.3", "1 time", "3 times"].randomElement(using: &dice)!)")
        }
        sometimes("refusals: 0.3")
        sometimes("lateRefusals: 0.3")
        sometimes("wrongSignatures: 0.5")
        sometimes("staleCallbacks: 0.5")
        sometimes("reorderedCallbacks: 0.5")
        sometimes("callbackDeliveries: 5")
        sometimes("callbackDelay: \(Int.random(in: 1...30, using: &dice))s")
        sometimes("callbacksOff: true")
        scenario.latency = .milliseconds([0, 5, 500].randomElement(using: &dice)!)
        if Bool.random(using: &dice) {
            scenario.purchase = .checkout(plan(&dice))
            // A provider that refuses to give money back leaves that to an operator, and there is none here.
            if scenario.faults.contains(where: { $0.lowercased().contains("refusals") }) {
                scenario.faults.append("actions: [charge]")
            }
            let expiry = [1, 5, 60].randomElement(using: &dice)!
            scenario.more = "product:\n  reservationExpiry: \(expiry)s\n"
        }
        return scenario
    }

    /// Up to four customers for three pieces.
    private static func plan(_ dice: inout SplitMix64) -> CheckoutPlan {
        var plan = CheckoutPlan(
            CheckoutPlan.Style.allCases.randomElement(using: &dice)!,
            Goods(pieces: 3, customers: Int.random(in: 1...4, using: &dice)))
        plan.interval = .milliseconds(Int.random(in: 0...3000, using: &dice))
        plan.cancels = Int.random(in: 0..<4, using: &dice) == 0
        return plan
    }
}
