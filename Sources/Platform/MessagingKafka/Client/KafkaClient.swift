import CRDKafka
import Synchronization

/// A librdkafka client: what it calls a handle. Its functions may be called from any thread.
final class KafkaClient: @unchecked Sendable {
    let raw: OpaquePointer
    private let isDestroyed = Atomic(false)

    init(_ configuration: consuming KafkaConfiguration, _ kind: rd_kafka_type_t) throws(KafkaError) {
        raw = try configuration.client(kind)
    }

    /// Ends its threads; waits for them, so never on a loop. Its queues must be closed already.
    func destroy() {
        guard !isDestroyed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        rd_kafka_destroy_flags(raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }
}
