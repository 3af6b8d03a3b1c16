import CRDKafka
import MessagingKafka

extension KafkaUnderTest {
    /// What the group has told Kafka of a partition: the next offset; `nil` when nothing.
    package func committed(by group: String, topic: String, partition: Int32) -> Int64? {
        var text = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(
            configuration, "bootstrap.servers", settings.brokers.joined(separator: ","), &text, text.count)
        rd_kafka_conf_set(configuration, "group.id", "\(settings.prefix).\(group)", &text, text.count)
        guard let client = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, &text, text.count) else { return nil }
        defer { rd_kafka_destroy(client) }
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, "\(settings.prefix).\(topic)", partition)
        guard rd_kafka_committed(client, list, 5000) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return nil }
        let offset = list.pointee.elems[0].offset
        return offset >= 0 ? offset : nil
    }

    /// Puts a record into a topic that is no CloudEvent; returns when it was acknowledged.
    package func putForeignRecord(topic: String, key: String, value: String) {
        var text = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(
            configuration, "bootstrap.servers", settings.brokers.joined(separator: ","), &text, text.count)
        rd_kafka_conf_set(configuration, "partitioner", "murmur2_random", &text, text.count)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else { return }
        defer { rd_kafka_destroy(client) }
        kafka_produce(
            client, "\(settings.prefix).\(topic)", key, key.utf8.count, value, value.utf8.count, 0,
            rd_kafka_headers_new(1), nil)
        rd_kafka_flush(client, 10_000)
    }
}
