import Configuration
import Kernel
import MessagingKafka

extension KafkaSettings {
    /// The brokers of `settings`, and the rest from section `kafka`.
    init(_ settings: KafkaSettings, from section: Configuration) {
        self = settings
        prefix = section.string(
            "prefix", default: prefix, help: "The first part of the names of topics and consumer groups.")
        if prefix.isEmpty || !prefix.utf8.allSatisfy(Self.isNameByte) || prefix.utf8.count > 100 {
            section.report("prefix", "must be at most 100 letters, digits, '.', '_' and '-'")
        }
        partitions = section.int(
            "partitions", in: 1...1000, default: partitions, help: "The partitions of topics that are created.")
        replication = section.optionalInt(
            "replication", in: 1...100,
            help: .init("The replicas of topics that are created.", default: "that of the brokers"))
        retention = section.optionalDuration(
            "retention", in: .seconds(60)...(.seconds(36_500 * 86_400)),
            help: .init("How long events are kept in topics that are created.", default: "for good"))
        deliveryTimeout = section.duration(
            "deliveryTimeout", in: .seconds(1)...(.seconds(3600)), default: deliveryTimeout,
            help: "How long a produced event may take to be acknowledged.")
        sessionTimeout = section.duration(
            "sessionTimeout", in: .seconds(4)...(.seconds(300)), default: sessionTimeout,
            help: "How long a consumer may be silent before its group goes on without it.")
        tls = KafkaTLS(from: section)
        sasl = KafkaSASL(from: section)
        properties = section.stringMap("properties", help: "A property of librdkafka, by its name.")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension KafkaTLS {
    /// A section `tls`; `nil` if there is none.
    fileprivate init?(from kafka: Configuration) {
        let section = kafka.section("tls")
        let files = (
            section.optionalFile(
                "authorities", help: "A PEM file with the certificate authorities that brokers are verified with."),
            section.optionalFile("certificate", help: "A PEM file with the client certificate."),
            section.optionalFile("key", help: "A PEM file with the key of the client certificate.")
        )
        guard
            section.bool(
                "enabled", default: kafka.contains("tls"),
                help: .init(
                    "Whether brokers are reached over TLS.", default: "true if there is a section `tls`, else false"))
        else { return nil }
        self.init(authorities: files.0, certificate: files.1, key: files.2)
    }
}

extension KafkaSASL {
    /// A section `sasl`; `nil` if there is none.
    fileprivate init?(from kafka: Configuration) {
        let section = kafka.section("sasl")
        let mechanism = section.choice("mechanism", default: Mechanism.scramSHA512, help: "The SASL mechanism.")
        let (username, password) = (
            section.optionalString("username", help: "The user name for SASL; with it or the password, SASL is used."),
            section.optionalString("password", help: "The password for SASL.")
        )
        guard kafka.contains("sasl") || username != nil || password != nil else { return nil }
        if username == nil { section.report("username", "is needed for SASL") }
        if password == nil { section.report("password", "is needed for SASL") }
        self.init(mechanism: mechanism, username: username ?? "", password: password ?? "")
    }
}
