import Messaging

/// One partition of one topic.
struct TopicPartition: Sendable, Hashable {
    let topic: String
    let number: Int32

    /// Its name in the stored positions.
    var logged: LogPartition { LogPartition("kafka/\(topic)/\(number)") }
}
