package import Storage

/// What is done about a consumer group from outside of it.
extension Consumer {
    /// Takes out all that the group has stored: for one that will never come again.
    package static func forget(_ group: String, in tx: any Transaction) async throws {
        try await Positions.forget(group, in: tx)
        try await Inbox.forget(group, in: tx)
        try await DeadLetterTable.forget(group, in: tx)
    }

    /// Whether a group is at least as far as another one, in all partitions that the other one has read.
    package static func isLevel(
        _ group: String, with other: String, in tx: any ReadTransaction
    ) async throws -> Bool {
        let (own, others) = (try await Positions.all(group, in: tx), try await Positions.all(other, in: tx))
        return others.allSatisfy { partition, position in own[partition] ?? .min >= position }
    }
}
