import Kernel
import Storage

/// The outcome of one attempt at a batch.
struct Attempt: Sendable {
    /// How many events of the batch, from its begin, are settled: handled, skipped, set aside, or of no interest.
    var done = 0
    var handled = 0
    var duplicates = 0
    var setAside = 0
    /// How many dead letters the group has now; `nil` if nothing changed.
    var deadLetters: Int?
    /// The stored position when the transaction ends.
    var position: Int64?
    /// Why the event after those failed.
    var error: (any Error)?
    /// Whether it failed as a whole, so that any event of the batch may be the cause.
    var isWhole = false
}

/// The first event of a batch has failed too often.
struct GivenUp: Sendable {
    let error: String
    let tries: Int
}

/// The position was moved back by somebody else, or to another log: what the log gives now is not what comes next.
struct PositionMoved: Error, CustomStringConvertible {
    var description: String { "the position in the log was moved back meanwhile, or to another log" }
}

/// A batch's transaction: the events in order, up to the first that fails, then the position.
struct ConsumerStep: Sendable {
    let handlers: [String: Consumer.Handler]
    let deadLetters: DeadLetters
    let time: Timestamp
    let partition: LogPartition
    /// The position as this consumer knows it.
    let known: Int64?
    /// The log that the batch is of, as far as it is known.
    let log: LogIdentity?
    let givingUp: GivenUp?

    private var group: String { deadLetters.group }

    func run(_ batch: ArraySlice<LoggedEvent>, in tx: any Transaction) async throws -> Attempt {
        var attempt = Attempt()
        let found = try await Positions.find(group, partition: partition, in: tx)
        let stored = found?.position
        if let known, stored ?? .min < known { throw PositionMoved() }
        if let log, let other = found?.log, other != log { throw PositionMoved() }
        attempt.position = stored
        var hasLetters = try await DeadLetterTable.first(group: group, in: tx) != nil
        for (index, logged) in batch.enumerated() {
            // At or before the position: another member of the group was faster.
            if let stored, logged.position <= stored {
                attempt.duplicates += 1
            } else if let handler = handlers[logged.event.type] {
                let reason = index == 0 ? givingUp : nil
                let hadLetters = hasLetters
                do {
                    switch try await tx.savepoint({ tx in
                        try await settle(logged, handler, reason, hasLetters: hadLetters, in: tx)
                    }) {
                    case .handled: attempt.handled += 1
                    case .duplicate: attempt.duplicates += 1
                    case .setAside:
                        attempt.setAside += 1
                        hasLetters = true
                    }
                } catch {
                    attempt.error = error
                    break
                }
            }
            attempt.done += 1
        }
        if let last = batch.prefix(attempt.done).last, last.position > stored ?? .min {
            // An event without a name only stands for a position.
            let event = last.event.id.isEmpty ? nil : last.event.key
            try await Positions.put(
                KnownPosition(last.position, log: log, event: event), group: group, partition: partition, in: tx)
            attempt.position = last.position
        }
        if attempt.setAside > 0 { attempt.deadLetters = try await deadLetters.recount(in: tx) }
        return attempt
    }

    private enum Settled: Sendable {
        case handled, duplicate, setAside
    }

    private func settle(
        _ logged: LoggedEvent, _ handler: Consumer.Handler, _ reason: GivenUp?, hasLetters: Bool,
        in tx: any Transaction
    ) async throws -> Settled {
        guard try await Inbox.note(logged.event, group: group, at: time, in: tx) else { return .duplicate }
        let mustWait = hasLetters ? try await isBlocked(logged.event, in: tx) : false
        if mustWait || reason != nil {
            try await setAside(logged, mustWait ? nil : reason, in: tx)
            return .setAside
        }
        try await handler(logged.event, tx)
        return .handled
    }

    private func isBlocked(_ event: CloudEvent, in tx: any Transaction) async throws -> Bool {
        try await DeadLetterTable.first(group: group, subject: event.subject, in: tx) != nil
    }

    /// Keeps the event as a dead letter: one that waits, if there is no reason.
    private func setAside(_ logged: LoggedEvent, _ reason: GivenUp?, in tx: any Transaction) async throws {
        let letter = DeadLetter(
            id: try await DeadLetterTable.nextID(at: time, in: tx), version: 1, group: group, event: logged.event,
            partition: partition, position: logged.position, state: reason == nil ? .waiting : .failed,
            error: reason?.error, tries: reason?.tries ?? 0, setAsideAt: time)
        try await tx.insert(DeadLetterTable.record(letter), into: DeadLetterTable.schema)
    }
}

/// A consumer could not handle an event now. It tries again, and later events wait; or it has given up.
public struct ConsumerFailure: Sendable {
    public let group: String
    /// The event whose turn it is; where the database failed as a whole, the first that was not stored.
    public let event: CloudEvent
    public let position: Int64
    public let error: any Error
    /// How often this event has failed in a row.
    public let failures: Int
    /// How long the consumer waits before it tries again; zero when it does not.
    public let delay: Duration
    /// Whether the event becomes a dead letter now.
    public let isFinal: Bool
}

/// How often in a row the event whose turn it is has failed.
struct FailureCount {
    /// Failures of any kind; the delay grows with them.
    private(set) var failures = 0
    /// Those that may be the event's own fault.
    private(set) var faults = 0

    /// Notes the outcome of one attempt, with `count` events at once.
    mutating func add(_ attempt: Attempt, of count: Int) {
        // Something was settled: another event's turn has come.
        if attempt.done > 0 { self = FailureCount() }
        guard let error = attempt.error else { return }
        failures += 1
        if !isPassing(error), !attempt.isWhole || count == 1 { faults += 1 }
    }
}

/// Whether an error says nothing of the event: the database was away, its commit was not confirmed (then the inbox
/// knows the event again), or the consumer is being stopped. Such errors are waited out for as long as they last.
func isPassing(_ error: any Error) -> Bool {
    switch error {
    case let error as StorageError: error.isRetriable || error.code == .closed || error.code == .outcomeUnknown
    case is CancellationError, is PositionMoved: true
    default: false
    }
}
