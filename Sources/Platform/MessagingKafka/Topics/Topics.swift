import CRDKafka
import Kernel
import Messaging
import Telemetry

/// The cluster's topics, looked at and made on a worker: these calls wait for their answers.
struct Topics: Sendable {
    struct Found {
        let partitions: Int
        let replicas: Int
        /// Whether every partition has a leader.
        let isReady: Bool
    }
    let client: KafkaClient
    let settings: KafkaSettings
    let log: Logger
    var patience: Int32 { 5000 }

    /// Makes those that are missing, and waits until all can be used.
    func prepare(_ names: Set<String>) throws {
        var found = try look()
        let missing = names.filter { found[$0] == nil }.sorted()
        if !missing.isEmpty { try create(missing) }
        // Brokers learn of a new topic one after the other.
        for round in 0... {
            guard let waiting = names.sorted().first(where: { found[$0]?.isReady != true }) else { break }
            guard round < 50 else {
                throw KafkaError(.topic, "the topic \(waiting) has no leader for all its partitions")
            }
            if round > 0 { pause() }
            found = try look()
        }
        try awaitSpreading(of: names)
        for name in names.sorted() {
            guard let topic = found[name], !missing.contains(name) else { continue }
            let isThin = settings.replication.map { topic.replicas < $0 } ?? false
            guard topic.partitions != settings.partitions || isThin else { continue }
            log.warning(
                "a topic is not as it is configured; it is used as it is",
                metadata: [
                    "topic": .string(name), "partitions": .integer(Int64(topic.partitions)),
                    "replicas": .integer(Int64(topic.replicas)),
                ])
        }
    }

    /// The identity that the cluster was given when it was made; `nil` if it tells none in time.
    func clusterID() -> String? {
        guard let text = rd_kafka_clusterid(client.raw, patience) else { return nil }
        defer { rd_kafka_mem_free(client.raw, text) }
        return String(cString: text)
    }

    /// All topics of the cluster. Asking for all makes none, unlike asking by name.
    func look() throws(KafkaError) -> [String: Found] {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client.raw, 1, nil, &answer, patience)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = answer else {
            throw KafkaError(.broker, "Kafka at \(settings.brokers.joined(separator: ",")) does not answer", error)
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var found: [String: Found] = [:]
        for topic in UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt)) {
            let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            found[String(cString: topic.topic)] = Found(
                partitions: partitions.count, replicas: partitions.map { Int($0.replica_cnt) }.min() ?? 0,
                isReady: !partitions.isEmpty && partitions.allSatisfy { $0.leader >= 0 })
        }
        return found
    }

    /// The last offsets before a time, of all partitions of the topics.
    func offsets(before time: Timestamp, in names: Set<String>) throws -> [LogPartition: Int64] {
        let found = try look()
        let list = PartitionList()
        for name in names.sorted() {
            for number in 0..<(found[name]?.partitions ?? 0) {
                list.add(TopicPartition(topic: name, number: Int32(number)), offset: time.milliseconds)
            }
        }
        let error = rd_kafka_offsets_for_times(client.raw, list.raw, patience)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(.broker, "no offsets by time", error) }
        var positions: [LogPartition: Int64] = [:]
        for entry in list.entries {
            guard entry.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(.broker, "no offset by time of \(entry.partition.logged)", entry.error)
            }
            // Nothing is that late: what comes next is.
            let first = entry.offset >= 0 ? entry.offset : try bounds(of: entry.partition).end
            if first > 0 { positions[entry.partition.logged] = first - 1 }
        }
        return positions
    }

    /// As the partition's leader says.
    func bounds(of partition: TopicPartition) throws(KafkaError) -> PartitionBounds {
        var (low, high) = (Int64(0), Int64(0))
        let error = rd_kafka_query_watermark_offsets(
            client.raw, partition.topic, partition.number, &low, &high, patience)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(.broker, "no end of \(partition.logged)", error)
        }
        return PartitionBounds(first: low, end: high)
    }
}
