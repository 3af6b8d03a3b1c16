import Configuration
import Kernel
import Messaging
import MessagingEmbedded
import MessagingKafka
import Runtime
import ServiceHost
import Telemetry

/// The engine of the event log.
enum EventEngine: Sendable {
    /// A file in the data folder, for the processes of one machine.
    case embedded
    case kafka(KafkaSettings)

    static let embeddedWord = "embedded"

    /// Reads `events: embedded` or `events: kafka://host:9092,…`; the section `kafka` has the other settings of Kafka.
    init(from root: Configuration) {
        let text = root.string(
            "events", default: Self.embeddedWord, help: "The event log: `embedded`, or `kafka://HOST:PORT,…`.")
        let section = root.section("kafka")
        let read = KafkaSettings(url: text) ?? KafkaSettings(brokers: [])
        let settings = KafkaSettings(read, from: section)
        if text == Self.embeddedWord {
            self = .embedded
        } else {
            if read.brokers.isEmpty {
                root.report("events", "must be embedded, or kafka:// and a list of host:port")
            } else {
                do {
                    try settings.validate()
                } catch {
                    section.report("properties", error.message)
                }
            }
            self = .kafka(settings)
        }
    }

    var name: String {
        switch self {
        case .embedded: Self.embeddedWord
        case .kafka(let settings): "kafka://" + settings.brokers.joined(separator: ",")
        }
    }

    /// Opens the log, and creates an embedded one if it is missing. The identity of the log is not checked.
    func open(data: String, loop: EventLoop, log: Logger) throws -> OpenEventLog {
        switch self {
        case .embedded:
            let eventLog = try EmbeddedEventLog(path: LogGuard.path(data: data), loop: loop)
            return OpenEventLog(log: eventLog, identity: eventLog.identityOfFile) { await eventLog.close() }
        case .kafka(let settings):
            let types = Set(Catalogue.all.flatMap { service in service.publishes.map { $0.type } })
            let eventLog = try KafkaEventLog(settings, types: types, loop: loop, log: log)
            return OpenEventLog(log: eventLog, identity: nil) { await eventLog.close() }
        }
    }

    /// Opens the log that this data folder has read before; throws if it is another one.
    func openOwn(data: String, loop: EventLoop, log: Logger, claims: IdentityClaims? = nil) throws -> OpenEventLog {
        let guardian = LogGuard(file: ShopRecordFile(data: data))
        try guardian.check(self, data: data)
        let eventLog = try open(data: data, loop: loop, log: log)
        if case .embedded = self, let identity = eventLog.identity {
            try claims?.claim(identity, of: LogGuard.path(data: data), what: "the event log")
        }
        try guardian.settle(self, identity: eventLog.identity)
        return eventLog
    }
}

/// The event log of this process, and how to close it.
struct OpenEventLog: Sendable {
    let log: any EventLog
    /// The identity; `nil` if only a broker can tell it.
    let identity: String?
    let close: @Sendable () async -> Void
}
