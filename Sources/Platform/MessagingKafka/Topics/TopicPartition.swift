import CRDKafka
import Messaging

/// One partition of one topic.
struct TopicPartition: Sendable, Hashable {
    let topic: String
    let number: Int32

    /// Its name in the stored positions.
    var logged: LogPartition { LogPartition("kafka/\(topic)/\(number)") }
}

/// The first and the next offset of a partition.
struct PartitionBounds: Sendable {
    /// The offset of the first record.
    let first: Int64
    /// The offset that the next record will get.
    let end: Int64

    typealias Lookup = @Sendable (TopicPartition) async throws -> PartitionBounds
}

/// Which events are in which topic: one for each service that publishes, so that a consumer reads only those whose
/// events it takes. Both sides go by the event's type.
struct TopicNames: Sendable {
    let prefix: String

    /// `sambal.order.OrderPlaced.v1` is in `prefix.order`; a type without a service in it in `prefix.events`.
    func topic(of type: String) -> String {
        let words = type.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count > 2, Self.isName(words[1]) else { return "\(prefix).events" }
        return "\(prefix).\(words[1])"
    }

    func topics(of types: Set<String>) -> Set<String> { Set(types.map(topic)) }

    /// The characters that Kafka allows in a name.
    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-".unicodeScalars.contains($0))
            }
    }
}

/// A list of partitions with offsets, as librdkafka's functions take and fill it.
struct PartitionList: ~Copyable {
    let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init() { raw = rd_kafka_topic_partition_list_new(8) }

    deinit { rd_kafka_topic_partition_list_destroy(raw) }

    func add(_ partition: TopicPartition, offset: Int64) {
        rd_kafka_topic_partition_list_add(raw, partition.topic, partition.number).pointee.offset = offset
    }

    /// Each partition with its offset, and what is wrong with it.
    var entries: [(partition: TopicPartition, offset: Int64, error: rd_kafka_resp_err_t)] {
        raw.entries.map { ($0.place, $0.offset, $0.err) }
    }
}

extension UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
    var entries: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: pointee.elems, count: Int(pointee.cnt))
    }
}

extension rd_kafka_topic_partition_t {
    var place: TopicPartition { TopicPartition(topic: String(cString: topic), number: partition) }
}
