import CRDKafka
import FoundationEssentials
import Kernel
import Messaging

/// CloudEvents 1.0 over Kafka, binary mode: attributes are headers with the prefix `ce_`, the value is the data as it is.
extension CloudEvent {
    /// The attributes of this event, ready to be sent; the caller owns them.
    func makeHeaders() -> OpaquePointer? {
        let headers = rd_kafka_headers_new(12)
        func add(_ name: String, _ value: String) {
            rd_kafka_header_add(headers, name, -1, value, value.utf8.count)
        }
        add("ce_specversion", "1.0")
        add("ce_id", id)
        add("ce_source", source)
        add("ce_type", type)
        add("ce_subject", subject)
        add("ce_time", time.description)
        // Compared as text, says the extension.
        let digits = String(sequence)
        add("ce_sequence", String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits)
        add("ce_partitionkey", subject)
        if let traceparent {
            add("ce_traceparent", traceparent)
            // Tools that know of traces and not of CloudEvents look here.
            add("traceparent", traceparent)
        }
        add("content-type", "application/json")
        return headers
    }

    /// Reads the event of a record; `nil` if it is none of this form.
    init?(_ message: UnsafePointer<rd_kafka_message_t>) {
        guard let headers = RecordHeaders(message) else { return nil }
        self.init(
            headers, key: message.key, timestamp: rd_kafka_message_timestamp(message, nil),
            data: message.pointee.payload.map { Data(bytes: $0, count: message.pointee.len) } ?? Data())
    }

    /// `timestamp` is the record's own, for an event that tells no time.
    init?(_ headers: RecordHeaders, key: String, timestamp: Int64, data: Data) {
        guard let id = headers["ce_id"], let source = headers["ce_source"], let type = headers["ce_type"] else {
            return nil
        }
        self.init(
            id: id, source: source, type: type, subject: headers["ce_subject"] ?? key,
            time: headers["ce_time"].flatMap { Timestamp($0) }
                ?? min(max(Timestamp(milliseconds: timestamp), .earliest), .latest),
            sequence: max(headers["ce_sequence"].flatMap { Int64($0) } ?? 0, 0),
            traceparent: headers["ce_traceparent"] ?? headers["traceparent"], data: data)
    }

    /// The type of the event in a record, where it is one.
    static func type(of message: UnsafePointer<rd_kafka_message_t>) -> String? { RecordHeaders(message)?["ce_type"] }

    /// Which event a record holds; `nil` if it holds none of this form.
    static func name(of message: UnsafePointer<rd_kafka_message_t>) -> EventName? {
        guard let headers = RecordHeaders(message), let id = headers["ce_id"], let source = headers["ce_source"] else {
            return nil
        }
        return EventName(source: source, id: id)
    }
}

/// The headers of a record, as long as the record is there.
struct RecordHeaders {
    private let raw: OpaquePointer

    init(_ raw: OpaquePointer) { self.raw = raw }

    init?(_ message: UnsafePointer<rd_kafka_message_t>) {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return nil }
        raw = headers
    }

    subscript(name: String) -> String? {
        var value: UnsafeRawPointer?
        var size = 0
        guard rd_kafka_header_get_last(raw, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let value else {
            return nil
        }
        return String(decoding: UnsafeRawBufferPointer(start: value, count: size), as: UTF8.self)
    }
}

extension UnsafePointer<rd_kafka_message_t> {
    fileprivate var key: String {
        let bytes = UnsafeRawBufferPointer(start: pointee.key, count: pointee.key == nil ? 0 : pointee.key_len)
        return String(decoding: bytes, as: UTF8.self)
    }
}
