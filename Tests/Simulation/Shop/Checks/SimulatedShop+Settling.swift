import Kernel
import Simulation

extension SimulatedShop {
    /// Ended otherwise than a shop may.
    struct Fault: Error, CustomStringConvertible {
        let description: String
        /// The invariant that it breaks, if it is one of `Invariant.all`.
        var invariant: String?
    }

    /// Runs until everything is settled and stays so for a while. Throws `Fault` when something happens that must never
    /// be, or when it is not settled within `limit` of virtual time.
    func settle(within limit: Duration = .seconds(240), quiet: Duration = .seconds(2)) throws {
        let end = loop.uptime + limit
        while loop.uptime < end {
            try run(for: .milliseconds(250))
            if try openMatters().isEmpty {
                try run(for: quiet)
                let open = try openMatters()
                guard open.isEmpty else { throw Fault(description: "settled, then not: \(open)") }
                return
            }
        }
        throw Fault(description: "not settled after \(limit): \(try openMatters())")
    }

    /// Runs what happens within that time.
    func run(for duration: Duration) throws {
        let end = loop.uptime + duration
        while loop.uptime < end {
            guard loop.step() else { throw Fault(description: "the world stands still at \(loop.uptime)") }
        }
    }

    /// Differs when what is durable does.
    struct DurableMark: Hashable {
        let commits: Int
        let messages: [String]
    }
    var durableMark: DurableMark { DurableMark(commits: watch.commits, messages: folder.messages) }

    /// What is not settled yet. Throws `Fault` for what must never be.
    func openMatters() throws -> [String] {
        let mark = Reading.Mark(
            durable: durableMark, answers: customers.map(\.answers), players: players.map(\.memory),
            busy: players.map(\.isBusy), wrong: failures + customers.flatMap(\.refusals) + players.flatMap(\.refusals))
        if let reading = lastReading, reading.mark == mark { return reading.openMatters }
        let verdict = readVerdict()
        let wrong = verdict.violations + failures
        guard wrong.isEmpty else { throw Fault(description: "\(wrong)") }
        let open = verdict.openMatters
        lastReading = Reading(mark: mark, openMatters: open)
        return open
    }

    /// What was found when the files were last read: as long as nothing has changed, it holds.
    struct Reading {
        struct Mark: Equatable {
            let durable: DurableMark
            let answers: [[Customer.Answer]]
            let players: [Player.Memory]
            let busy: [Bool]
            let wrong: [String]
        }
        let mark: Mark
        let openMatters: [String]
    }

    private func readVerdict() -> any Verdict {
        let files = DurableFiles(folder)
        defer { files.close() }
        if let story = scenario.story { return StoryVerdict(Aftermath(files, folder, story, players)) }
        let state = ShopState(files, folder)
        guard let plan = scenario.plan else { return OrderVerdict(state, customers: customers) }
        return CheckoutVerdict(state, SalesState(files, folder), plan: plan, customers: customers)
    }

    /// A customer who asks again after everything, with the same key, gets the same answer.
    func repeatPurchases() throws {
        let before = customers.map(\.rounds)
        for customer in customers { customer.buy() }
        for player in players { player.play(after: .zero) }
        let end = loop.uptime + .seconds(120)
        while loop.uptime < end,
            players.contains(where: \.isBusy) || zip(customers, before).contains(where: { $0.rounds == $1 })
        {
            try run(for: .milliseconds(10))
        }
        for player in players where player.isBusy {
            throw Fault(description: "\(player.key) was not answered again")
        }
        for (customer, rounds) in zip(customers, before) where customer.rounds == rounds {
            throw Fault(description: "\(customer.key) was not answered again")
        }
        let open = try openMatters()
        guard open.isEmpty else { throw Fault(description: "not settled after a repetition: \(open)") }
    }

    /// Of all that is durable.
    var digest: UInt64 {
        let files = DurableFiles(folder)
        defer { files.close() }
        return files.digest(of: services + ["events"])
    }
}
