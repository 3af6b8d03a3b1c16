import CLinux
import CRDKafka
import Glibc
import Runtime
import Synchronization
import Telemetry

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

/// One of librdkafka's queues, and an eventfd by which its threads wake the loop.
final class KafkaQueue: @unchecked Sendable {  // librdkafka locks its queues; the rest is immutable or atomic
    let raw: OpaquePointer
    private let loop: EventLoop
    private let wakeup: Int32
    private let isClosed = Atomic(false)

    /// Takes the reference over. `onReady` runs on the loop when something was put into the empty queue.
    init(_ raw: OpaquePointer, loop: EventLoop, onReady: @escaping @Sendable () -> Void) {
        self.raw = raw
        self.loop = loop
        let wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(wakeup >= 0, "no eventfd for a queue: \(String(cString: strerror(errno)))")
        self.wakeup = wakeup
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(raw, wakeup, &one, MemoryLayout<UInt64>.size)
        loop.execute {
            loop.watch(wakeup, .readable) { _ in
                var count: UInt64 = 0
                _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
                onReady()
            }
        }
    }

    /// The next event, or `nil`; never waits.
    func poll() -> KafkaEvent? { rd_kafka_queue_poll(raw, 0).map { KafkaEvent($0) } }

    /// Must be called before the client is destroyed; without effect the second time.
    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        rd_kafka_queue_io_event_enable(raw, -1, nil, 0)
        rd_kafka_queue_destroy(raw)
        loop.execute { [loop, wakeup] in
            loop.unwatch(wakeup)
            Glibc.close(wakeup)
        }
    }
}

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

    /// The partitions of a rebalance that come or go.
    var partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
        rd_kafka_event_topic_partition_list(raw)
    }

    /// Hands on what librdkafka has to say; `false` if it is something else.
    func report(to log: Logger) -> Bool {
        switch kind {
        case RD_KAFKA_EVENT_LOG:
            var (facility, text) = (UnsafePointer<CChar>?.none, UnsafePointer<CChar>?.none)
            var level: Int32 = 0
            guard rd_kafka_event_log(raw, &facility, &text, &level) == 0, let facility, let text else { return true }
            // Its own levels are those of syslog; what is wrong for good comes as an error as well.
            // A constant message: texts name addresses and times, and repetitions could not be folded by them.
            let fields: Logger.Metadata = [
                .error: .string(String(cString: text)), "facility": .string(String(cString: facility)),
            ]
            if level <= 4 {
                log.warning("Kafka's client library warns", metadata: fields)
            } else {
                log.debug("Kafka's client library tells", metadata: fields)
            }
        case RD_KAFKA_EVENT_ERROR:
            log.warning("Kafka's client library reports an error", metadata: [.error: .string(errorText)])
        default: return false
        }
        return true
    }
}

/// An error of Kafka, or of how it is used.
public struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The settings are not what librdkafka takes.
        case settings
        /// A topic is not there and cannot be made.
        case topic
        /// The brokers did not answer, or refused.
        case broker
        /// The log was closed.
        case closed
    }
    public let code: Code
    public let message: String
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ code: Code, _ context: String, _ error: rd_kafka_resp_err_t) {
        self.init(code, "\(context): \(String(cString: rd_kafka_err2str(error)))")
    }

    /// Takes the error object; `nil` if it is no error.
    init?(_ code: Code, _ context: String, taking error: OpaquePointer?) {
        guard let error else { return nil }
        self.init(code, "\(context): \(String(cString: rd_kafka_error_string(error)))")
        rd_kafka_error_destroy(error)
    }
}
