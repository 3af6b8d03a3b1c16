/// What a partition has.
struct PartitionBounds: Sendable {
    /// The offset of the first record.
    let first: Int64
    /// The offset that the next record will get.
    let end: Int64

    typealias Question = @Sendable (TopicPartition) async throws -> PartitionBounds
}
