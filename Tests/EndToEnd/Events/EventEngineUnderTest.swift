import Foundation
import KafkaTestSupport
import Kernel
import Messaging
import MessagingEmbedded
import MessagingKafka
import Runtime
import Synchronization
import Testing

/// What a shop under test has its events on.
enum EventEngineUnderTest: String, CaseIterable, CustomTestStringConvertible {
    case embedded, kafka

    var testDescription: String { rawValue }
}

/// The engine's log, reached from the test's own process as any other publisher would.
final class LogUnderTest: Sendable {
    static let topics = ["order", "payment", "delivery", "notification", "product", "customer", "cart"]
    let kafka: KafkaUnderTest?

    init(_ engine: EventEngineUnderTest) {
        kafka = engine == .kafka ? KafkaUnderTest(topics: Self.topics) : nil
    }

    /// The lines of the configuration, outside of its sections.
    var configuration: [String] {
        guard let settings = kafka?.settings else { return [] }
        return [
            "events: kafka://\(settings.brokers.joined(separator: ","))",
            "kafka: {prefix: \(settings.prefix), partitions: 4, sessionTimeout: 6s, deliveryTimeout: 3s}",
        ]
    }

    /// Puts events straight into the log, past every outbox.
    func append(_ events: [CloudEvent], to shop: ShopUnderTest) async throws {
        let loop = EventLoop(name: "test")
        loop.start()
        defer { loop.stop() }
        let failure = Mutex<(any Error)?>(nil)
        if let kafka {
            let log = try kafka.open(loop)
            await loop.start {
                do { try await log.append(events) } catch { failure.withLock { $0 = error } }
            }.value
            await log.close()
        } else {
            let log = try EmbeddedEventLog(path: shop.data.appending(path: "events.db").path(), loop: loop)
            await loop.start {
                do { try await log.append(events) } catch { failure.withLock { $0 = error } }
            }.value
            await log.close()
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    func end() { kafka?.mock?.end() }
}
