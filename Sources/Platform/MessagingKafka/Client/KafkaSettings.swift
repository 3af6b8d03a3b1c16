/// How Kafka is reached and used.
public struct KafkaSettings: Sendable, Hashable {
    /// `host:port` of some brokers; the others are learned from them.
    public var brokers: [String]
    /// Topics are named `prefix.service`, consumer groups `prefix.group`.
    public var prefix = "sambal"
    /// The number of partitions of new topics. A topic that exists keeps what it has.
    public var partitions = 6
    /// The replicas of new topics; `nil` for the brokers' own default.
    public var replication: Int?
    /// How long topics that do not exist yet keep their events; `nil` for good, so that a read model can be rebuilt.
    public var retention: Duration?
    public var tls: KafkaTLS?
    public var sasl: KafkaSASL?
    /// An event that was not acknowledged by then is sent again by the outbox.
    public var deliveryTimeout = Duration.seconds(30)
    /// A consumer that is not heard of for so long loses its partitions to others.
    public var sessionTimeout = Duration.seconds(10)
    /// Further settings by librdkafka's names. They cannot change what the guarantees rest on.
    public var properties: [String: String] = [:]

    public init(brokers: [String]) {
        self.brokers = brokers
    }

    /// From `kafka://host:9092,host:9092`; `nil` if it is something else. The port is 9092 unless it is given.
    public init?(url: String) {
        guard url.hasPrefix("kafka://") else { return nil }
        let brokers = url.dropFirst("kafka://".count).split(separator: ",", omittingEmptySubsequences: false)
        guard !brokers.isEmpty, brokers.allSatisfy(Self.isAddress) else { return nil }
        self.init(brokers: brokers.map { $0.last == "]" || !$0.contains(":") ? "\($0):9092" : String($0) })
    }

    /// Throws `KafkaError` `.settings` that says what librdkafka does not take.
    public func validate() throws(KafkaError) {
        _ = try KafkaConfiguration(producing: self)
        _ = try KafkaConfiguration(self, consumingAs: "validation")
    }

    private static func isAddress(_ text: Substring) -> Bool {
        guard !text.isEmpty, !text.contains(where: { "/?@# ".contains($0) }) else { return false }
        guard let colon = text.lastIndex(of: ":"), text.last != "]" else { return true }
        return colon > text.startIndex && (1...65535).contains(Int(text[text.index(after: colon)...]) ?? 0)
    }
}

/// Encrypted connections.
public struct KafkaTLS: Sendable, Hashable {
    /// A file with the authorities that the brokers' certificates must come from; `nil` for the system's.
    public var authorities: String?
    /// The client's own certificate and key, as files, where the brokers ask for one.
    public var certificate: String?
    public var key: String?

    public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}

/// The client's credentials.
public struct KafkaSASL: Sendable, Hashable {
    public enum Mechanism: String, Sendable, CaseIterable {
        case plain = "PLAIN"
        case scramSHA256 = "SCRAM-SHA-256"
        case scramSHA512 = "SCRAM-SHA-512"
    }
    public var mechanism: Mechanism
    public var username: String
    public var password: String

    public init(mechanism: Mechanism, username: String, password: String) {
        self.mechanism = mechanism
        self.username = username
        self.password = password
    }
}
