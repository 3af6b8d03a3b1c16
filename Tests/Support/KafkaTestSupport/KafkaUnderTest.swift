import Glibc
import Kernel
package import MessagingKafka
package import Runtime
import Telemetry

/// Kafka for one test: a mock cluster of its own, or names of its own on the broker that SAMBAL_TEST_KAFKA names.
package final class KafkaUnderTest: Sendable {
    package let settings: KafkaSettings
    /// `nil` on a real broker.
    package let mock: MockCluster?

    /// `host:port` of a real broker.
    package static let broker = getenv("SAMBAL_TEST_KAFKA").map { String(cString: $0) }

    /// `topics` without their prefix.
    package init(topics: [String]) {
        Self.saysAtEnd
        if let broker = Self.broker {
            mock = nil
            var settings = KafkaSettings(brokers: [broker])
            settings.prefix = "sambal-test-\(UInt64.random(in: 0 ... .max))"
            settings.sessionTimeout = .seconds(6)
            settings.partitions = 4
            self.settings = settings
        } else {
            let mock = MockCluster()
            var settings = KafkaSettings(brokers: mock.addresses)
            settings.sessionTimeout = .seconds(4)
            settings.deliveryTimeout = .seconds(3)
            settings.partitions = 4
            for topic in topics { mock.makeTopic("\(settings.prefix).\(topic)") }
            self.mock = mock
            self.settings = settings
        }
    }

    package func open(
        _ loop: EventLoop, types: Set<String> = [], change: (inout KafkaSettings) -> Void = { _ in }
    ) throws -> KafkaEventLog {
        var settings = settings
        change(&settings)
        return try KafkaEventLog(settings, types: types, loop: loop, log: .disabled)
    }

    /// The run's last line.
    private static let saysAtEnd: Void = {
        atexit {
            let place =
                KafkaUnderTest.broker.map { "the broker at \($0)" } ?? "librdkafka's mock cluster of three brokers"
            let line = "Kafka tests ran on \(place).\n"
            write(STDERR_FILENO, line, line.utf8.count)
        }
    }()
}
