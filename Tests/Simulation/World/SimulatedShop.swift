import Configuration
import DashboardService
import DeliveryService
import EmailService
import GatewayService
import Kernel
import MessagingEmbedded
import NotificationService
import OrderService
import PaymentService
import ProviderSimulatorService
import Runtime
import ServiceHost
import Storage
import StorageSQLite
import Telemetry

/// The whole shop in a world of its own: each service a process that can die alone, one event log, customers, and a
/// network between them; on one thread, in virtual time, in the order that a seed picks.
final class SimulatedShop {
    /// A moment inside a step.
    enum Moment: Sendable { case beforeCommit, afterCommit }

    /// What the processes of a world share.
    struct Surroundings: Sendable {
        let folder: WorldFolder
        let network: SimulatedNetwork
        let eventLog: EmbeddedEventLog
        let log: Logger
        let watch: CommitWatch

        func observer(of node: SimulatedNode) -> CommitObserver { watch.observer(of: node) }
    }

    private static let definitions: [any ServiceDefinition.Type] = [
        GatewayService.self, DashboardService.self, NotificationService.self, EmailService.self, OrderService.self,
        DeliveryService.self, ProviderSimulatorService.self, PaymentService.self,
    ]
    static let services = definitions.map { $0.name }

    let loop: SimulatedLoop
    let folder: WorldFolder
    let watch = CommitWatch()
    private let world: Surroundings
    private let settings: [String: any ServiceDefinition]
    private var machines: [String: SimulatedMachine] = [:]
    private(set) var customers: [Customer] = []

    init(
        _ scenario: Scenario, seed: UInt64, folder: WorldFolder = WorldFolder(),
        startingAt epoch: Timestamp = Timestamp(milliseconds: 1_767_225_600_000)
    ) throws {
        let loop = SimulatedLoop(seed: seed, startingAt: epoch)
        let logNode = loop.makeNode(named: "event log")
        self.loop = loop
        self.folder = folder
        let reader = try scenario.configuration()
        settings = Dictionary(
            uniqueKeysWithValues: Self.definitions.map { ($0.name, $0.init(from: reader.root.section($0.name))) })
        try reader.finish()
        world = Surroundings(
            folder: folder, network: SimulatedNetwork(latency: scenario.latency),
            eventLog: try EmbeddedEventLog(
                path: folder.file("events.db"), loop: logNode, pollInterval: .seconds(1),
                observer: watch.observer(of: logNode)),
            log: Environment.isVerbose
                ? Logger(service: "", level: .debug, sink: StandardErrorSink(format: .text)) { loop.now } : .disabled,
            watch: watch)
    }

    /// Starts all services and lets the customers order.
    func open(customers count: Int = 1) { open(answers: Array(repeating: nil, count: count)) }

    /// The same after a crash: customers know the answers that they got before.
    func open(answers: [Customer.Answer?]) {
        for name in Self.services { start(name) }
        for (number, answer) in answers.enumerated() {
            let node = loop.makeNode(named: "customer")
            let gateway = Peer(
                name: "gateway", baseURL: "http://gateway",
                transport: world.network.transport(from: node, to: "gateway"))
            let customer = Customer(number + 1, knowing: answer, node: node, gateway: gateway)
            customers.append(customer)
            customer.order()
        }
    }

    func node(of service: String) -> SimulatedNode? { machines[service]?.node }

    /// Starts the service's process, anew after a crash.
    func start(_ service: String) {
        guard let definition = settings[service] else { return }
        let machine = SimulatedMachine(definition, node: loop.makeNode(named: service), in: world)
        machines[service] = machine
        machine.start()
    }

    /// Ends the process as `kill -9` does. May be called inside a step; its files are let go of by `restart`.
    func kill(_ service: String, _ ending: SimulatedNetwork.Ending) {
        guard let node = node(of: service) else { return }
        node.kill()
        world.network.lose(node, ending)
    }

    /// To be called between two steps.
    func restart(_ service: String) {
        machines[service]?.bury()
        start(service)
    }

    /// What keeps a service from running.
    var failures: [String] { machines.values.compactMap(\.failure).sorted() }

    /// Ends everything in good order, so that nothing of this world stays behind.
    func close() throws {
        let (running, log) = (Self.services.compactMap { machines[$0] }, world.eventLog)
        try loop.run {
            for machine in running { await machine.stop() }
            await log.close()
        }
        folder.remove()
    }
}
