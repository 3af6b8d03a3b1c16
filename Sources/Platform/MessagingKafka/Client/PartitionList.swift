import CRDKafka

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
