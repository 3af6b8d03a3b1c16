public import FoundationEssentials
public import Kernel

/// An event as CloudEvents 1.0 has it. `source` and `id` together name it: a second one with both equal is a duplicate.
public struct CloudEvent: Sendable, Hashable {
    public var id: String
    /// The service that published it, for example `/order`.
    public var source: String
    /// For example `sambal.order.OrderPlaced.v1`.
    public var type: String
    /// The aggregate it is about; events of one subject keep their order. The record key on Kafka (`partitionkey`).
    public var subject: String
    public var time: Timestamp
    /// The version of the publishing aggregate after the step (CloudEvents' `sequence` extension).
    public var sequence: Int64
    /// W3C trace context, where there is one.
    public var traceparent: String?
    /// JSON (`datacontenttype: application/json`).
    public var data: Data

    public init(
        id: String, source: String, type: String, subject: String, time: Timestamp, sequence: Int64,
        traceparent: String? = nil, data: Data
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.sequence = sequence
        self.traceparent = traceparent
        self.data = data
    }
}
