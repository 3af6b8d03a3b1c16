import Configuration
import Kernel
import Messaging
import ServiceHost
import Storage
import Telemetry

/// The settings of the process and its services, read and validated whole before anything starts.
struct ShopSettings: Sendable {
    enum TransportKind: String, CaseIterable, Sendable {
        /// A call between services of one process goes straight to the other's router.
        case direct
        /// Every call uses a socket.
        case sockets
    }
    struct Place: Sendable {
        let address: String
        let port: Int
        /// Whether its port asks for service tokens.
        let trust: TrustKind
        /// The URL for callers, for example with the name of a Kubernetes service.
        let url: String
        /// The database; `nil` for a service that stores nothing.
        let database: DatabaseEngine?
    }
    let transport: TransportKind
    let events: EventEngine
    /// How often a failed event is retried before it becomes a dead letter.
    let eventRetries: Int
    let logLevel: Logger.Level
    let logFormat: LogFormat
    let grace: Duration
    /// How long a shop that is to stop is not ready but still takes requests.
    let stopNotice: Duration
    let requestTimeout: Duration
    let maxBody: Int
    let maxInFlight: Int
    /// The limits on lists and searches of each service.
    let reads: ReadLimits
    /// The limit in bytes on bodies that are not answered yet, over all connections of the process.
    let maxBodies: Int
    /// A turn of the loop of this length ends the process, since nothing else would ever be answered.
    let loopHang: Duration
    /// Host names that listeners on loopback accept, beside those that cannot lead elsewhere.
    let hosts: [String]
    let secrets: [String: String]
    let places: [String: Place]
    let definitions: [any ServiceDefinition]
    /// Warnings: values that are valid and may surprise their author, each with file and line.
    let warnings: [ConfigurationProblem]

    /// Throws all mistakes, each with file and line. `running` are the services that will run on one machine: they must
    /// not share a port or a store.
    init(
        _ configuration: ConfigurationReader, data: String, defaultTransport: TransportKind, running: [String] = []
    ) throws {
        let root = configuration.root
        transport = root.choice(
            "transport", default: defaultTransport,
            help: .init(
                "Whether calls between services of one process go straight to the router of the other, or over sockets.",
                default: "direct for `sambal up`, sockets for `sambal serve`"))
        events = EventEngine(from: root)
        eventRetries = root.section("deadLetters").int(
            "retries", in: 0...60, default: Consumer.defaultRetries,
            help: "How often a failed event is retried before it becomes a dead letter.")
        grace = root.duration("grace", default: .seconds(10), help: "How long a stop waits for requests under way.")
        stopNotice = root.duration(
            "stopNotice", default: .zero, help: "How long a shop that is to stop is not ready but still takes requests."
        )
        let log = root.section("log")
        logLevel =
            Logger.Level(
                name: log.choice(
                    "level", of: Logger.Level.allCases.map(\.name), default: "info",
                    help: "The least severe level that is logged.")) ?? .info
        logFormat = log.choice(
            "format", default: Console.isTerminal ? .text : .json,
            help: .init("The format of the log.", default: "text at a terminal, else json"))
        let limits = root.section("limits")
        requestTimeout = limits.duration(
            "requestTimeout", default: .seconds(30),
            help: "How long the answer to a request may take; after that it is 503.")
        maxBody = limits.int(
            "maxBody", in: 1024...(1 << 30), default: 1 << 20,
            help: .init("The largest body of a request.", unit: "bytes"))
        maxInFlight = limits.int(
            "maxInFlight", in: 1...100_000, default: 1024, help: "How many requests a service handles at once.")
        maxBodies = limits.int(
            "maxBodies", in: (1 << 20)...(1 << 34), default: ProcessLimits.bodies(),
            help: .init(
                "The bodies of all requests that are not answered yet.", unit: "bytes",
                default: "128 MiB, or an eighth of the memory of the container if that is less"))
        var reads = ReadLimits()
        reads.scans = limits.int(
            "lists", in: 1...64, default: reads.scans, help: "How many lists and searches a service runs at once.")
        reads.waitingScans = limits.int(
            "waitingLists", in: 0...10_000, default: reads.waitingScans,
            help: "How many lists and searches wait for their turn.")
        reads.scanTime = limits.duration(
            "listTime", default: reads.scanTime, help: "How long one list or search may take.")
        self.reads = reads
        loopHang = limits.duration(
            "loopHang", default: .seconds(30),
            help: "How long the event loop may be blocked before the process ends with status 70.")
        hosts = root.strings(
            "hosts",
            help:
                "Names that listeners on loopback answer to, beside addresses, `localhost` and names without a dot; `*` allows every name."
        )
        let secretSection = root.section("secrets")
        secrets = [
            "psp": secretSection.optionalString(
                "psp",
                help: .init(
                    "The secret that the simulated provider signs callbacks with.",
                    default: "generated and kept in the data folder"))
        ].compactMapValues { $0 }.merging(ServiceSecrets.read(from: secretSection)) { $1 }
        let trust = TrustKind.read(from: root)
        let address = root.string("address", default: "127.0.0.1", help: "The address that services listen on.")
        var places: [String: Place] = [:]
        var definitions: [any ServiceDefinition] = []
        let foreign = ForeignSections(root)
        for service in Catalogue.all {
            let section = root.section(service.name)
            let port = section.int(
                "port", in: 1...65535, default: foreign.port(of: service) ?? service.port,
                help: "The port that the service listens on.")
            places[service.name] = Place(
                address: section.string(
                    "address", default: foreign.address(of: service) ?? address,
                    help: .init("The address that the service listens on.", default: "that of `address`")), port: port,
                trust: service.isEntry ? .open : TrustKind.read(from: section, default: trust),
                url: section.string(
                    "url", default: "http://127.0.0.1:\(port)", help: "Where the other services reach the service."),
                database: service.kind.hasDatabase
                    ? DatabaseEngine(of: service.name, from: section, defaultFile: "\(data)/\(service.name).db") : nil)
            definitions.append(service.init(from: foreign.section(of: service) ?? section))
        }
        foreign.finish()
        self.places = places
        self.definitions = definitions
        let furtherPorts = definitions.map { (type(of: $0).name, $0.furtherPorts) }
        SharedPlaces(places, furtherPorts: Dictionary(uniqueKeysWithValues: furtherPorts))
            .report(among: running, in: root)
        OpenPorts(places, common: address).report(among: running, in: root)
        try configuration.finish(exceptVariables: ConfigurationPlace.variables)
        warnings = configuration.warnings
    }

    func place(of service: String) -> Place {
        guard let place = places[service] else { preconditionFailure("\(service) is not in the catalogue") }
        return place
    }
}
