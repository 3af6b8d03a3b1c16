package import Storage

/// Operations on a consumer group from outside of it.
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
        return others.allSatisfy { partition, known in own[partition]?.position ?? .min >= known.position }
    }

    /// The positions of every group that a database has, by group and partition.
    package static func positions(in tx: any ReadTransaction) async throws -> [String: [String: KnownPosition]] {
        try await Positions.all(in: tx)
    }

    /// Has every group of a database go on in another log, after `positions`; a partition that is not among them is read
    /// from its begin. Inboxes and dead letters stay, so that what was handled is not handled again. Returns the groups.
    @discardableResult
    package static func adopt(
        _ log: LogIdentity?, after positions: [LogPartition: Int64], groups more: [String] = [], in tx: any Transaction
    ) async throws -> [String] {
        let groups = Set(try await Positions.all(in: tx).keys).union(more).sorted()
        for group in groups {
            try await Positions.forget(group, in: tx)
            for (partition, position) in positions.sorted(by: { $0.key.description < $1.key.description }) {
                try await Positions.put(
                    KnownPosition(position, log: log), group: group, partition: partition, in: tx)
            }
        }
        return groups
    }

    /// Only events younger than that may be handled again: the inbox surely knows them.
    package static var replayLimit: Duration { InboxPruning.standardKeeping - .seconds(86_400) }
}

extension Consumer {
    /// Puts a group somewhere, whatever was there: for tests.
    package static func place(
        _ group: String, at position: KnownPosition, of partition: LogPartition, in tx: any Transaction
    ) async throws {
        try await Positions.put(position, group: group, partition: partition, in: tx)
    }
}
