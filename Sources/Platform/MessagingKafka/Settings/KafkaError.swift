import CRDKafka

/// What is wrong with Kafka or with how it is used.
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

    /// Takes the error object; `nil` where it is no error.
    init?(_ code: Code, _ context: String, taking error: OpaquePointer?) {
        guard let error else { return nil }
        self.init(code, "\(context): \(String(cString: rd_kafka_error_string(error)))")
        rd_kafka_error_destroy(error)
    }
}
