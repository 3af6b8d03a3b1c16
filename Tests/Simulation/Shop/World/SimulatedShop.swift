import CartService
import Configuration
import CustomerService
import DashboardService
import DeliveryService
import EmailService
import GatewayService
import Kernel
import MessagingEmbedded
import NotificationService
import OrderService
import PaymentService
import ProductService
import ProviderSimulator
import SMSService
import ServiceHost
import Simulation
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

    private static let moneyDefinitions: [any ServiceDefinition.Type] = [
        OrderService.self, DeliveryService.self, ProviderSimulatorService.self, PaymentService.self,
    ]
    private static let messageDefinitions: [any ServiceDefinition.Type] = [
        GatewayService.self, DashboardService.self, NotificationService.self, EmailService.self,
    ]
    /// Who takes part where customers have carts.
    private static let checkoutDefinitions: [any ServiceDefinition.Type] = [
        ProductService.self, CustomerService.self, CartService.self,
    ]

    private static func definitions(of purchase: Purchase) -> [any ServiceDefinition.Type] {
        switch purchase {
        case .order: messageDefinitions + moneyDefinitions
        case .checkout: messageDefinitions + moneyDefinitions + checkoutDefinitions + [SMSService.self]
        case .story(let story):
            switch story.cast {
            case .money: moneyDefinitions
            case .checkout: moneyDefinitions + checkoutDefinitions
            case .shop: messageDefinitions + moneyDefinitions + checkoutDefinitions + [SMSService.self]
            }
        }
    }

    let loop: SimulatedLoop
    let scenario: Scenario
    /// By name, in the order in which they start.
    let services: [String]
    let folder: WorldFolder
    let watch = CommitWatch()
    let world: Surroundings
    private let settings: [String: any ServiceDefinition]
    private var machines: [String: SimulatedMachine] = [:]
    var customers: [Customer] = []
    var players: [Player] = []
    var lastReading: Reading?

    /// A world that begins, with what the scenario takes for granted on its disks.
    convenience init(_ scenario: Scenario, seed: UInt64) throws {
        if let preparation = try Preparation.of(scenario) {
            try self.init(
                scenario, seed: seed, folder: WorldFolder(files: preparation.files), startingAt: preparation.nextStart)
        } else {
            try self.init(scenario, seed: seed, folder: WorldFolder())
        }
    }

    /// A world that goes on with what is in the folder.
    init(
        _ scenario: Scenario, seed: UInt64, folder: WorldFolder,
        startingAt epoch: Timestamp = Timestamp(milliseconds: 1_767_225_600_000)
    ) throws {
        let loop = SimulatedLoop(seed: seed, startingAt: epoch)
        let logNode = loop.makeNode(named: "event log")
        self.loop = loop
        self.folder = folder
        self.scenario = scenario
        let definitions = Self.definitions(of: scenario.purchase)
        services = definitions.map { $0.name }
        let reader = try scenario.configuration(of: services)
        settings = Dictionary(
            uniqueKeysWithValues: definitions.map { ($0.name, $0.init(from: reader.root.section($0.name))) })
        try reader.finish()
        world = Surroundings(
            folder: folder,
            network: SimulatedNetwork(latency: scenario.latency, lostAnswers: scenario.story?.lostAnswers ?? 0),
            eventLog: try EmbeddedEventLog(
                path: folder.file("events.db"), loop: logNode, pollInterval: .seconds(1),
                observer: watch.observer(of: logNode)),
            log: Environment.isVerbose
                ? Logger(label: "", logLevel: .debug, sink: StandardErrorSink(format: .text)) { loop.now } : .disabled,
            watch: watch)
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
        try closeKeepingFiles()
        folder.remove()
    }

    /// Ends everything in good order.
    func closeKeepingFiles() throws {
        let (running, log) = (services.compactMap { machines[$0] }, world.eventLog)
        try loop.run {
            for machine in running { await machine.stop() }
            await log.close()
        }
    }
}
