package import CRDKafka
import Synchronization

/// librdkafka's own mock cluster: three brokers on sockets of this process, with the real protocol. It keeps events in
/// memory only, makes no topics on request and knows no offsets by time.
package final class MockCluster: @unchecked Sendable {  // the library locks what several threads may do at once
    private let client: OpaquePointer
    private let raw: OpaquePointer
    private let isEnded = Atomic(false)
    package static let brokers: ClosedRange<Int32> = 1...3

    package init() {
        var text = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        // What the brokers have to say about being cut off is of no interest.
        rd_kafka_conf_set(configuration, "log_level", "0", &text, text.count)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count),
            let raw = rd_kafka_mock_cluster_new(client, Self.brokers.upperBound)
        else { fatalError("no mock cluster") }
        self.client = client
        self.raw = raw
    }

    deinit { end() }

    /// `host:port` of each broker.
    package var addresses: [String] {
        String(cString: rd_kafka_mock_cluster_bootstraps(raw)).split(separator: ",").map(String.init)
    }

    package func makeTopic(_ name: String, partitions: Int = 4) {
        let error = rd_kafka_mock_topic_create(raw, name, Int32(partitions), 3)
        precondition(error == RD_KAFKA_RESP_ERR_NO_ERROR, "no topic \(name)")
    }

    /// One broker is away.
    package func cut(_ broker: Int32) { rd_kafka_mock_broker_set_down(raw, broker) }

    package func mend(_ broker: Int32) { rd_kafka_mock_broker_set_up(raw, broker) }

    /// All brokers are away.
    package func cut() { for broker in Self.brokers { rd_kafka_mock_broker_set_down(raw, broker) } }

    /// All brokers take requests and answer them after that time only.
    package func delay(by time: Duration) {
        for broker in Self.brokers { rd_kafka_mock_broker_set_rtt(raw, broker, Int32(time.components.seconds * 1000)) }
    }

    package func mend() { for broker in Self.brokers { rd_kafka_mock_broker_set_up(raw, broker) } }

    /// The next requests of a kind (0 is Produce, 1 is Fetch) are answered with these errors.
    package func fail(_ request: Int16, with errors: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(raw, request, errors.count, errors)
    }

    /// Makes another broker the partition's leader.
    package func lead(_ topic: String, partition: Int32, by broker: Int32) {
        rd_kafka_mock_partition_set_leader(raw, topic, partition, broker)
    }

    /// Waits for its threads.
    package func end() {
        guard !isEnded.exchange(true, ordering: .acquiringAndReleasing) else { return }
        rd_kafka_mock_cluster_destroy(raw)
        rd_kafka_destroy(client)
    }
}
