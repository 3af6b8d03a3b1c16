import Kernel
import Messaging
import ServiceHost
import Simulation
import Storage
import StorageSQLite
import Synchronization
import Telemetry

/// A service's process in a world: its host, alone on its node.
final class SimulatedMachine: Sendable {
    private final class State: Sendable {
        let databases = Mutex<[SQLiteDatabase]>([])
        let failure = Mutex<String?>(nil)
    }
    let node: SimulatedNode
    private let host: Host
    private let state: State

    init(_ definition: any ServiceDefinition, node: SimulatedNode, in world: SimulatedShop.Surroundings) {
        self.node = node
        let name = type(of: definition).name
        let state = State()
        let resources = HostResources(
            loop: node, log: world.log, eventLog: world.eventLog,
            openDatabase: { name in
                let database = try SQLiteDatabase(
                    path: world.folder.file(name + ".db"), loop: node, observer: world.observer(of: node))
                state.databases.withLock { $0.append(database) }
                return database
            },
            listener: { _, _ in nil },
            client: { service in
                ServiceClient(
                    name: service, baseURL: "http://\(service)",
                    transport: world.network.transport(from: node, to: service))
            },
            // There is nothing outside of a world: payment uses the simulator, which is a service.
            externalTransport: world.network.transport(from: node, to: "outside"),
            secret: { _ in "whsec_MDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVY=" },
            folder: { world.folder.file(name + "-" + $0) },
            register: { world.network.register($0, on: node, $1) })
        host = Host([definition], resources: resources)
        self.state = state
    }

    /// Why it could not start.
    var failure: String? { state.failure.withLock { $0 } }

    func start() {
        _ = node.start { [host, state] in
            do { try await host.start() } catch { state.failure.withLock { $0 = "\(error)" } }
        }
    }

    func stop() async { await host.stop(grace: .zero) }

    /// Lets go of the files of a dead process.
    func bury() {
        for database in state.databases.withLock({ $0 }) { database.abandon() }
    }
}
