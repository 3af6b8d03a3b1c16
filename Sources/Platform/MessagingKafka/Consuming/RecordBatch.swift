import CRDKafka
import Messaging

/// Records that were taken from a partition at once.
struct RecordBatch {
    /// Those of the types that were asked for.
    let events: [LoggedEvent]
    /// The offset of the last record, of any kind.
    let last: Int64
    /// The event of that record; `nil` if it is somebody else's.
    let lastEvent: EventName?

    private static var size: Int { 256 }

    /// Returns the records that are there now; `nil` if there are none. Throws `EventError` when the log cannot be read
    /// from there.
    static func take(
        from queue: KafkaQueue, types: Set<String>, partition: TopicPartition, expecting witness: LogWitness?
    ) throws -> RecordBatch? {
        var messages = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: size)
        let count = rd_kafka_consume_batch_queue(queue.raw, 0, &messages, size)
        guard count > 0 else { return nil }
        let taken = messages.prefix(count).compactMap { $0 }
        defer { for message in taken { rd_kafka_message_destroy(message) } }
        var events: [LoggedEvent] = []
        var last: UnsafeMutablePointer<rd_kafka_message_t>?
        for message in taken {
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                try check(message.pointee, partition)
                continue
            }
            last = message
            if let witness, message.pointee.offset <= witness.position {
                try witness.check(CloudEvent.name(of: message), at: message.pointee.offset, of: partition)
                continue
            }
            // A record of somebody else's, or a type that is not asked for, is passed over.
            guard let event = CloudEvent(message, types: types) else { continue }
            events.append(LoggedEvent(event: event, position: message.pointee.offset))
        }
        return last.map {
            RecordBatch(events: events, last: $0.pointee.offset, lastEvent: CloudEvent.name(of: $0))
        }
    }

    /// Most errors pass, and librdkafka tries again by itself.
    private static func check(_ message: rd_kafka_message_t, _ partition: TopicPartition) throws(EventError) {
        switch message.err {
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            throw EventError(
                .logReplaced,
                "\(partition.topic)/\(partition.number) does not have what comes after the group's position: the log "
                    + "was replaced, or events were deleted before the group had read them. Nothing is read until this is "
                    + "settled: see docs/runbook.md#event-log-replaced")
        default: return
        }
    }
}

extension CloudEvent {
    fileprivate init?(_ message: UnsafeMutablePointer<rd_kafka_message_t>, types: Set<String>) {
        guard let type = CloudEvent.type(of: message), types.contains(type) else { return nil }
        self.init(message)
    }
}
