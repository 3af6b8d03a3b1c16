import CRDKafka
import Glibc
import Kernel

extension Topics {
    func create(_ names: [String]) throws(KafkaError) {
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for name in names {
            var text = [CChar](repeating: 0, count: 256)
            let request = rd_kafka_NewTopic_new(
                name, Int32(settings.partitions), Int32(settings.replication ?? -1), &text, text.count)
            guard let request else { throw KafkaError(.topic, "the topic \(name) cannot be made: \(string(text))") }
            requests.append(request)
            for (key, value) in rules { rd_kafka_NewTopic_set_config(request, key, value) }
        }
        let answers = rd_kafka_queue_new(client.raw)
        defer { rd_kafka_queue_destroy(answers) }
        rd_kafka_CreateTopics(client.raw, &requests, requests.count, nil, answers)
        guard let answer = rd_kafka_queue_poll(answers, 30_000).map({ KafkaEvent($0) }) else {
            throw KafkaError(.topic, "the topics \(names.joined(separator: ", ")) were not made in time")
        }
        guard answer.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(.topic, "the topics \(names.joined(separator: ", ")) cannot be made: \(answer.errorText)")
        }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.raw), &count)
        for result in UnsafeBufferPointer(start: results, count: count) {
            let error = rd_kafka_topic_result_error(result)
            // Another process may make them at the same time.
            guard error != RD_KAFKA_RESP_ERR_NO_ERROR, error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else { continue }
            let name = String(cString: rd_kafka_topic_result_name(result))
            let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) } ?? "\(error)"
            throw KafkaError(.topic, "the topic \(name) cannot be made: \(reason)")
        }
    }

    /// The settings of a topic beyond its partitions.
    private var rules: [(String, String)] {
        let retention = settings.retention.map { $0.wholeNanoseconds / 1_000_000 } ?? -1
        // Brokers take one megabyte unless they are told otherwise; what goes around an event counts too.
        let size = KafkaConfiguration.largestMessage + (1 << 20)
        let keeping = [("retention.ms", "\(retention)"), ("max.message.bytes", "\(size)")]
        // An acknowledgement of all in-sync replicas means little where one alone may be in sync.
        let guarded = [("min.insync.replicas", "2"), ("unclean.leader.election.enable", "false")]
        return keeping + ((settings.replication ?? 0) >= 3 ? guarded : [])
    }

    /// On the worker's own thread, which nothing else waits for.
    func pause() {
        var time = timespec(tv_sec: 0, tv_nsec: 100_000_000)
        nanosleep(&time, nil)
    }
}

extension Topics {
    /// Waits a few seconds until every broker knows the topics. Each learns of a new one in its own time; and where the
    /// coordinator of a group has not, its members are given no partitions of it and get none until much later.
    func awaitSpreading(of names: Set<String>) throws(KafkaError) {
        for broker in try brokers() {
            for round in 0... {
                guard !names.isEmpty, lacksSome(of: names, broker) else { break }
                guard round < 50 else { throw KafkaError(.topic, "broker \(broker) does not know all the topics yet") }
                pause()
            }
        }
    }

    private func brokers() throws(KafkaError) -> [Int32] {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client.raw, 0, nil, &answer, patience)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = answer else {
            throw KafkaError(.broker, "the brokers are not known", error)
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        return UnsafeBufferPointer(start: metadata.pointee.brokers, count: Int(metadata.pointee.broker_cnt)).map(\.id)
    }

    /// Whether that broker says so; one that says nothing, or may not say it, holds nobody up. Of what can be asked of a
    /// broker of one's choice, a topic's settings are the least.
    private func lacksSome(of names: Set<String>, _ broker: Int32) -> Bool {
        var requests = names.sorted().map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        let options = rd_kafka_AdminOptions_new(client.raw, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)
        let answers = rd_kafka_queue_new(client.raw)
        defer {
            for request in requests { rd_kafka_ConfigResource_destroy(request) }
            rd_kafka_AdminOptions_destroy(options)
            rd_kafka_queue_destroy(answers)
        }
        rd_kafka_AdminOptions_set_request_timeout(options, 2000, nil, 0)
        rd_kafka_AdminOptions_set_broker(options, broker, nil, 0)
        rd_kafka_DescribeConfigs(client.raw, &requests, requests.count, options, answers)
        guard let answer = rd_kafka_queue_poll(answers, 5000).map({ KafkaEvent($0) }),
            answer.error == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return false }
        var count = 0
        let found = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(answer.raw), &count)
        return UnsafeBufferPointer(start: found, count: count).contains {
            rd_kafka_ConfigResource_error($0) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
        }
    }
}
