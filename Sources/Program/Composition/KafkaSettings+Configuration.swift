import Configuration
import Kernel
import MessagingKafka

extension KafkaSettings {
    /// The brokers of `settings`, and the rest from section `kafka`.
    init(_ settings: KafkaSettings, from section: Configuration) {
        self = settings
        prefix = section.string("prefix", default: prefix)
        if prefix.isEmpty || !prefix.utf8.allSatisfy(Self.isNameByte) || prefix.utf8.count > 100 {
            section.report("prefix", "must be letters, digits, '.', '_' and '-', 100 at most")
        }
        partitions = section.int("partitions", in: 1...1000, default: partitions)
        replication = section.optionalInt("replication", in: 1...100)
        retention = section.optionalDuration("retention", in: .seconds(60)...(.seconds(36_500 * 86_400)))
        deliveryTimeout = section.duration(
            "deliveryTimeout", in: .seconds(1)...(.seconds(3600)), default: deliveryTimeout)
        sessionTimeout = section.duration("sessionTimeout", in: .seconds(4)...(.seconds(300)), default: sessionTimeout)
        tls = KafkaTLS(from: section)
        sasl = KafkaSASL(from: section)
        properties = section.stringMap("properties")
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
    /// A section `tls`; `nil` where there is none.
    fileprivate init?(from kafka: Configuration) {
        let section = kafka.section("tls")
        let files = (
            section.optionalString("authorities"), section.optionalString("certificate"), section.optionalString("key")
        )
        guard section.bool("enabled", default: kafka.contains("tls")) else { return nil }
        self.init(authorities: files.0, certificate: files.1, key: files.2)
    }
}

extension KafkaSASL {
    /// A section `sasl`; `nil` where there is none.
    fileprivate init?(from kafka: Configuration) {
        let section = kafka.section("sasl")
        let mechanism = section.choice("mechanism", default: Mechanism.scramSHA512)
        let (username, password) = (section.optionalString("username"), section.optionalString("password"))
        guard kafka.contains("sasl") || username != nil || password != nil else { return nil }
        if username == nil { section.report("username", "is needed for SASL") }
        if password == nil { section.report("password", "is needed for SASL") }
        self.init(mechanism: mechanism, username: username ?? "", password: password ?? "")
    }
}
