import Kernel
import Storage

/// What came of one try with a batch.
struct Attempt: Sendable {
    /// How many events of the batch, from its begin, are settled: handled, skipped, or of no interest.
    var done = 0
    var handled = 0
    var duplicates = 0
    /// Why the event after those failed.
    var error: (any Error)?
}

/// A batch's transaction: the events in order, up to the first that fails, then the position.
struct ConsumerStep: Sendable {
    let group: String
    let handlers: [String: Consumer.Handler]
    let time: Timestamp

    func run(
        _ batch: ArraySlice<LoggedEvent>, _ partition: Int, in tx: any Transaction
    ) async throws -> Attempt {
        var attempt = Attempt()
        let stored = try await Positions.find(group, partition: partition, in: tx)
        for logged in batch {
            // At or before the position: another member of the group was faster.
            if let stored, logged.position <= stored {
                attempt.duplicates += 1
            } else if let handler = handlers[logged.event.type] {
                do {
                    let isNew = try await tx.savepoint { try await handle(logged.event, handler, in: $0) }
                    if isNew { attempt.handled += 1 } else { attempt.duplicates += 1 }
                } catch {
                    attempt.error = error
                    break
                }
            }
            attempt.done += 1
        }
        if let last = batch.prefix(attempt.done).last, last.position > stored ?? .min {
            try await Positions.put(last.position, group: group, partition: partition, in: tx)
        }
        return attempt
    }

    /// Tells whether the event was new.
    private func handle(
        _ event: CloudEvent, _ handler: Consumer.Handler, in tx: any Transaction
    ) async throws -> Bool {
        guard try await Inbox.note(event, group: group, at: time, in: tx) else { return false }
        try await handler(event, tx)
        return true
    }
}
