package import Storage

/// Operations on a consumer group from outside of it.
extension Consumer {
    /// Deletes everything that is stored for a group that will never run again.
    package static func forget(_ group: String, in tx: any Transaction) async throws {
        try await Positions.forget(group, in: tx)
        try await Inbox.forget(group, in: tx)
        try await DeadLetterTable.forget(group, in: tx)
    }

    /// Whether a group has read at least as far as another one, in all partitions of which the other one has read.
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

    /// Lets every group of a database continue in another log, after `positions`; a partition that is not among them is
    /// read from its beginning. Inboxes and dead letters stay, so that no event is handled again. Returns the groups.
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

    /// The age up to which events may be read again: the inbox is sure to know them, so that they have no second
    /// effect.
    package static var replayLimit: Duration { InboxPruning.standardKeeping - .seconds(86_400) }
}

extension Consumer {
    /// Sets the position of a group, whatever it was; for tests.
    package static func place(
        _ group: String, at position: KnownPosition, of partition: LogPartition, in tx: any Transaction
    ) async throws {
        try await Positions.put(position, group: group, partition: partition, in: tx)
    }
}
