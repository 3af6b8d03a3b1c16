import CRDKafka
import Kernel

/// librdkafka's configuration object, until a client has taken it.
struct KafkaConfiguration: ~Copyable {
    /// In bytes.
    static let largestMessage = 8 << 20
    private var raw: OpaquePointer?

    /// For a client that only asks.
    init(asking settings: KafkaSettings) throws(KafkaError) {
        try self.init(settings, events: nil, [])
    }

    /// For the one producer of a log.
    init(producing settings: KafkaSettings) throws(KafkaError) {
        try self.init(
            settings, events: RD_KAFKA_EVENT_DR,
            [
                // No event twice and none out of order by the producer's own retries; acknowledged by all replicas.
                ("enable.idempotence", "true"), ("acks", "all"), ("partitioner", "murmur2_random"),
                ("linger.ms", "0"), ("message.timeout.ms", settings.deliveryTimeout.wholeMilliseconds),
                ("message.max.bytes", "\(Self.largestMessage)"),
            ])
    }

    /// For one member of a consumer group.
    init(_ settings: KafkaSettings, consumingAs group: String) throws(KafkaError) {
        try self.init(
            settings, events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT,
            [
                ("group.id", group), ("partition.assignment.strategy", "cooperative-sticky"),
                ("session.timeout.ms", settings.sessionTimeout.wholeMilliseconds),
                // A handler may have to wait for its database as long as that takes: a member that lives keeps its
                // partitions. What it does late is still done once, by the position in the database.
                ("max.poll.interval.ms", "86400000"),
                // The positions are in the consumer's database. Kafka is told of them for others to see.
                ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
                // Where a position is not in the log any more, somebody has to decide.
                ("auto.offset.reset", "error"), ("allow.auto.create.topics", "false"), ("check.crcs", "true"),
                ("queued.min.messages", "1000"), ("queued.max.messages.kbytes", "4096"),
                ("fetch.error.backoff.ms", "100"), ("topic.metadata.refresh.interval.ms", "10000"),
            ])
    }

    private init(
        _ settings: KafkaSettings, events: Int32?, _ properties: [(String, String)]
    ) throws(KafkaError) {
        raw = rd_kafka_conf_new()
        if let events {
            rd_kafka_conf_set_events(raw, events | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
        } else {
            // What is wrong comes with the answers.
            rd_kafka_conf_set_log_cb(raw, nil)
        }
        let own = [
            ("bootstrap.servers", settings.brokers.joined(separator: ",")), ("client.id", "sambal"),
            ("log.queue", events == nil ? "false" : "true"), ("socket.keepalive.enable", "true"),
            ("reconnect.backoff.max.ms", "2000"),
        ]
        let further = settings.properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        for (name, value) in own + settings.security + further + properties { try set(name, value) }
    }

    deinit {
        if let raw { rd_kafka_conf_destroy(raw) }
    }

    /// Makes a client of it.
    consuming func client(_ kind: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(kind, raw, &text, text.count) else {
            throw KafkaError(.settings, "no Kafka client can be made: \(string(text))")
        }
        raw = nil
        return client
    }

    private func set(_ name: String, _ value: String) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        guard rd_kafka_conf_set(raw, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
            throw KafkaError(.settings, string(text))
        }
    }
}

/// Reads the text that C wrote into a buffer, up to its zero.
func string(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension KafkaSettings {
    fileprivate var security: [(String, String)] {
        var all: [(String, String)] = []
        switch (tls, sasl) {
        case (nil, nil): break
        case (_?, nil): all.append(("security.protocol", "ssl"))
        case (nil, _?): all.append(("security.protocol", "sasl_plaintext"))
        case (_?, _?): all.append(("security.protocol", "sasl_ssl"))
        }
        if let tls {
            let files = [
                ("ssl.ca.location", tls.authorities), ("ssl.certificate.location", tls.certificate),
                ("ssl.key.location", tls.key),
            ]
            all += files.compactMap { name, file in file.map { (name, $0) } }
        }
        if let sasl {
            all += [
                ("sasl.mechanism", sasl.mechanism.rawValue), ("sasl.username", sasl.username),
                ("sasl.password", sasl.password),
            ]
        }
        return all
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: String { "\(max(1, wholeNanoseconds / 1_000_000))" }
}
