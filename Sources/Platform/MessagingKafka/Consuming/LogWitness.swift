import Messaging

/// The event that a partition must have at a group's position, if it is still the partition that the group has read.
struct LogWitness: Sendable, Hashable {
    let position: Int64
    /// As `CloudEvent.key` names it.
    let event: String
    let group: String

    /// Throws if another event is there: the topic was made anew, or its events were put back to an older state.
    func check(_ found: EventName?, at offset: Int64, of partition: TopicPartition) throws(OtherEventFound) {
        guard offset == position, found?.key != event else { return }
        throw OtherEventFound(
            cause: .otherEvent(
                at: position, of: partition.logged.description, group: group, expected: event, found: found?.key))
    }
}

/// Certain at once, unlike an answer of brokers that have just changed places.
struct OtherEventFound: Error, CustomStringConvertible {
    let cause: EventError

    var description: String { cause.message }
}

/// Names an event.
struct EventName: Sendable, Hashable {
    let source: String
    let id: String

    var key: String { "\(source) \(id)" }
}
