import KafkaTestSupport
import Kernel
import Messaging
import MessagingKafka
import PlatformTestSupport
import Runtime

extension LogEngine {
    static let kafka = LogEngine(
        description: KafkaUnderTest.broker.map { "Kafka at \($0)" } ?? "Kafka (mock)", loops: [.threads],
        canBeCut: KafkaUnderTest.broker == nil, knowsTimes: KafkaUnderTest.broker != nil
    ) { _, loop in
        guard let loop = loop as? EventLoop else { preconditionFailure("Kafka needs a loop with descriptors") }
        return KafkaSite(kafka: KafkaUnderTest(topics: ["events"]), loop: loop)
    }
}

private struct KafkaSite: LogSite {
    let kafka: KafkaUnderTest
    let loop: EventLoop

    func open() throws -> any EventLog { try kafka.open(loop, types: ["placed"]) }
    func close(_ log: any EventLog) async { await (log as? KafkaEventLog)?.close() }
    func cut() { kafka.mock?.cut() }
    func mend() { kafka.mock?.mend() }
    func end() async { kafka.mock?.end() }
}
