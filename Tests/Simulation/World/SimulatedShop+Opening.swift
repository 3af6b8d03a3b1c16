import Kernel
import Runtime
import ServiceHost

extension SimulatedShop {
    /// Starts all services and lets the customers buy: those of the scenario, where it says who they are.
    func open(customers count: Int = 1) throws {
        try open(answers: Array(repeating: nil, count: scenario.plan?.goods.customers ?? count))
    }

    /// The same after a crash: customers know the answers that they got before.
    func open(answers: [Customer.Answer?]) throws {
        for name in services { start(name) }
        let carts = try scenario.plan.map { try Preparation.of($0.goods).carts }
        for (index, answer) in answers.enumerated() {
            let (node, gateway) = visitor("customer")
            let customer = Customer(
                carts.map { .checkout(of: $0[index], index + 1) } ?? .order(of: index + 1),
                cancels: scenario.plan?.cancels ?? false, knowing: answer, node: node, gateway: gateway)
            customers.append(customer)
            customer.buy(after: (scenario.plan?.interval ?? .zero) * index)
        }
    }

    /// Starts all services for one who makes the shop ready.
    func openForPreparation() -> Shopkeeper {
        for name in services { start(name) }
        let (node, gateway) = visitor("shopkeeper")
        return Shopkeeper(node: node, gateway: gateway)
    }

    private func visitor(_ name: String) -> (SimulatedNode, Peer) {
        let node = loop.makeNode(named: name)
        let transport = world.network.transport(from: node, to: "gateway")
        return (node, Peer(name: "gateway", baseURL: "http://gateway", transport: transport))
    }
}
