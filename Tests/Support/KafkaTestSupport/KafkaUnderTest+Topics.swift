import CRDKafka
import MessagingKafka

/// What an operator does to the topics of a real broker; the mock cluster knows none of it.
extension KafkaUnderTest {
    /// The topic's settings, by name; empty where there is no answer.
    package func configuration(of topic: String) -> [String: String] {
        var request: OpaquePointer? = rd_kafka_ConfigResource_new(
            RD_KAFKA_RESOURCE_TOPIC, "\(settings.prefix).\(topic)")
        defer { rd_kafka_ConfigResource_destroy(request) }
        var values: [String: String] = [:]
        ask { client, answers in
            rd_kafka_DescribeConfigs(client, &request, 1, nil, answers)
        } read: { event in
            var (count, size) = (0, 0)
            let resources = rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event), &count)
            guard let resources, count == 1, let entries = rd_kafka_ConfigResource_configs(resources[0], &size) else {
                return
            }
            for entry in UnsafeBufferPointer(start: entries, count: size) {
                guard let value = rd_kafka_ConfigEntry_value(entry) else { continue }
                values[String(cString: rd_kafka_ConfigEntry_name(entry))] = String(cString: value)
            }
        }
        return values
    }

    /// Removes what stands before `offset`, as retention does. Tells whether it was done.
    package func deleteRecords(topic: String, partition: Int32, before offset: Int64) -> Bool {
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, "\(settings.prefix).\(topic)", partition).pointee.offset = offset
        var request: OpaquePointer? = rd_kafka_DeleteRecords_new(list)
        defer { rd_kafka_DeleteRecords_destroy(request) }
        var isDone = false
        ask { client, answers in
            rd_kafka_DeleteRecords(client, &request, 1, nil, answers)
        } read: { event in
            let offsets = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))
            isDone = offsets?.pointee.elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR
        }
        return isDone
    }

    private func ask(
        _ question: (_ client: OpaquePointer, _ answers: OpaquePointer?) -> Void, read: (OpaquePointer) -> Void
    ) {
        var text = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(
            configuration, "bootstrap.servers", settings.brokers.joined(separator: ","), &text, text.count)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else { return }
        defer { rd_kafka_destroy(client) }
        let answers = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(answers) }
        question(client, answers)
        guard let event = rd_kafka_queue_poll(answers, 10_000) else { return }
        defer { rd_kafka_event_destroy(event) }
        if rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR { read(event) }
    }
}
