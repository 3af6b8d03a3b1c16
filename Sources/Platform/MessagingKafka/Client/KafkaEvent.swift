import CRDKafka
import Telemetry

/// An event that librdkafka has put into a queue; freed with the last reference.
final class KafkaEvent {
    let raw: OpaquePointer

    init(_ raw: OpaquePointer) {
        self.raw = raw
    }

    deinit { rd_kafka_event_destroy(raw) }

    var kind: Int32 { rd_kafka_event_type(raw) }
    var error: rd_kafka_resp_err_t { rd_kafka_event_error(raw) }
    var errorText: String { String(cString: rd_kafka_event_error_string(raw)) }
    var isFatal: Bool { rd_kafka_event_error_is_fatal(raw) != 0 }

    /// Of a rebalance: the partitions that come or go.
    var partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
        rd_kafka_event_topic_partition_list(raw)
    }

    /// Hands on what librdkafka has to say; `false` where it is something else.
    func report(to log: Logger) -> Bool {
        switch kind {
        case RD_KAFKA_EVENT_LOG:
            var (facility, text) = (UnsafePointer<CChar>?.none, UnsafePointer<CChar>?.none)
            var level: Int32 = 0
            guard rd_kafka_event_log(raw, &facility, &text, &level) == 0, let facility, let text else { return true }
            // Its own levels are those of syslog; what is wrong for good comes as an error as well.
            let fields: LogFields = ["facility": .string(String(cString: facility))]
            if level <= 4 {
                log.warning(String(cString: text), fields)
            } else {
                log.debug(String(cString: text), fields)
            }
        case RD_KAFKA_EVENT_ERROR:
            log.warning("Kafka: \(errorText)")
        default: return false
        }
        return true
    }
}
