import Configuration
import Kernel
import Messaging
import ServiceHost
import Storage
import Telemetry

/// What the configuration says about the process and its services, read and checked whole before anything starts.
struct ShopSettings: Sendable {
    enum TransportKind: String, CaseIterable, Sendable {
        /// A call between services of one process goes straight to the other's router.
        case direct
        /// Every call takes a socket.
        case sockets
    }
    struct Place: Sendable {
        let address: String
        let port: Int
        /// Where its callers reach it, for example behind a Kubernetes service name.
        let url: String
        /// `nil` for a service that keeps nothing.
        let database: DatabaseEngine?
    }
    let transport: TransportKind
    let events: EventEngine
    /// How often an event that fails is tried again before it is set aside.
    let eventRetries: Int
    let logLevel: LogLevel
    let logFormat: LogFormat
    let grace: Duration
    /// How long a shop that is to stop says so by its readiness before it takes no more requests.
    let stopNotice: Duration
    let requestTimeout: Duration
    let maxBody: Int
    let maxInFlight: Int
    /// Of the lists and searches of each service.
    let reads: ReadLimits
    /// Bytes of bodies that are not answered yet, over all connections of the process.
    let maxBodies: Int
    /// A turn of the loop as long as that ends the process: nothing else would ever be answered.
    let loopHang: Duration
    /// Names that listeners on loopback answer for, beside those that lead nowhere else.
    let hosts: [String]
    let secrets: [String: String]
    let places: [String: Place]
    let definitions: [any ServiceDefinition]
    /// Warnings: values that are valid and may surprise their author, each with file and line.
    let warnings: [ConfigurationProblem]

    /// Throws with everything that is wrong, each with file and line. `running` are the services that will run beside each
    /// other in one place: they must not share a port or a store.
    init(
        _ configuration: ConfigurationReader, data: String, defaultTransport: TransportKind, running: [String] = []
    ) throws {
        let root = configuration.root
        transport = root.choice("transport", default: defaultTransport)
        events = EventEngine(from: root)
        eventRetries = root.section("deadLetters").int("retries", in: 0...60, default: Consumer.standardRetries)
        grace = root.duration("grace", default: .seconds(10))
        stopNotice = root.duration("stopNotice", default: .zero)
        let log = root.section("log")
        logLevel = LogLevel(name: log.choice("level", of: LogLevel.allCases.map(\.name), default: "info")) ?? .info
        logFormat = log.choice("format", default: Console.isTerminal ? .text : .json)
        let limits = root.section("limits")
        requestTimeout = limits.duration("requestTimeout", default: .seconds(30))
        maxBody = limits.int("maxBody", in: 1024...(1 << 30), default: 1 << 20)
        maxInFlight = limits.int("maxInFlight", in: 1...100_000, default: 1024)
        maxBodies = limits.int("maxBodies", in: (1 << 20)...(1 << 34), default: ProcessLimits.bodies())
        var reads = ReadLimits()
        reads.scans = limits.int("lists", in: 1...64, default: reads.scans)
        reads.waitingScans = limits.int("waitingLists", in: 0...10_000, default: reads.waitingScans)
        reads.scanTime = limits.duration("listTime", default: reads.scanTime)
        self.reads = reads
        loopHang = limits.duration("loopHang", default: .seconds(30))
        hosts = root.strings("hosts")
        secrets = ["psp": root.section("secrets").optionalString("psp")].compactMapValues { $0 }
        let address = root.string("address", default: "127.0.0.1")
        var places: [String: Place] = [:]
        var definitions: [any ServiceDefinition] = []
        let foreign = ForeignSections(root)
        for service in Catalogue.all {
            let section = root.section(service.name)
            let port = section.int("port", in: 1...65535, default: foreign.port(of: service) ?? service.port)
            places[service.name] = Place(
                address: section.string("address", default: foreign.address(of: service) ?? address), port: port,
                url: section.string("url", default: "http://127.0.0.1:\(port)"),
                database: service.kind.hasDatabase
                    ? DatabaseEngine(of: service.name, from: section, defaultFile: "\(data)/\(service.name).db") : nil)
            definitions.append(service.init(from: foreign.section(of: service) ?? section))
        }
        foreign.finish()
        self.places = places
        self.definitions = definitions
        SharedPlaces(places).report(among: running, in: root)
        try configuration.finish(exceptVariables: ConfigurationPlace.variables)
        warnings = configuration.warnings
    }

    func place(of service: String) -> Place {
        guard let place = places[service] else { preconditionFailure("\(service) is not in the catalogue") }
        return place
    }
}
