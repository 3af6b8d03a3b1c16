import Kernel
import ServiceHost
import Simulation

extension SimulatedShop {
    /// The answers that those outside of the shop have. After a crash of the world they go on from there.
    struct Memory: Sendable, Hashable {
        var customers: [Customer.Answer?]
        var players: [Player.Memory]
    }
    var memory: Memory { Memory(customers: customers.map(\.answers.first), players: players.map(\.memory)) }

    /// Starts all services and lets the customers buy: those of the scenario, where it says who they are.
    func open(customers count: Int = 1) throws {
        let customers = scenario.story == nil ? scenario.plan?.goods.customers ?? count : 0
        try open(remembering: Memory(customers: Array(repeating: nil, count: customers), players: []))
    }

    func open(remembering memory: Memory) throws {
        for name in services { start(name) }
        let carts = try Preparation.of(scenario)?.carts
        for (index, answer) in memory.customers.enumerated() {
            let (node, door) = visitor("customer")
            let customer = Customer(
                carts.map { .checkout(of: $0[index], index + 1) } ?? .order(of: index + 1),
                cancels: scenario.plan?.cancels ?? false, knowing: answer, node: node,
                gateway: door.client(named: "gateway"))
            customers.append(customer)
            customer.buy(after: (scenario.plan?.interval ?? .zero) * index)
        }
        try play(remembering: memory.players)
    }

    private func play(remembering memories: [Player.Memory]) throws {
        guard let story = scenario.story else { return }
        var carts = try Preparation.of(scenario)?.carts[...] ?? []
        for (index, plot) in story.plots.enumerated() {
            let (node, door) = visitor("player")
            let player = Player(
                number: index + 1, plot, cart: plot.purchase == .cart ? carts.popFirst() : nil,
                knowing: index < memories.count ? memories[index] : nil, node: node, door: door)
            players.append(player)
            player.play()
        }
    }

    /// Starts all services for one who makes the shop ready.
    func openForPreparation() -> Shopkeeper {
        for name in services { start(name) }
        let (node, door) = visitor("shopkeeper")
        return Shopkeeper(node: node, door: door)
    }

    private func visitor(_ name: String) -> (SimulatedNode, Door) {
        let node = loop.makeNode(named: name)
        let door = Door(hasGateway: services.contains("gateway")) { [world] service in
            let transport = world.network.transport(from: node, to: service)
            return ServiceClient(name: service, baseURL: "http://\(service)", transport: transport)
        }
        return (node, door)
    }
}
