import Kernel
import Storage
import Synchronization

/// The outcome of a retry.
public struct RetryOutcome: Sendable {
    /// How many events took effect.
    public internal(set) var handled = 0
    /// The letters that failed again; each holds up its subject.
    public internal(set) var failed: [DeadLetter] = []

    public init() {}
}

extension DeadLetters {
    /// Handles the event now, and after it those of its subject that wait behind it, each in one transaction with the
    /// end of its letter, up to the first that fails. Throws `DeadLetterError` when it is not the first of its subject.
    public func retry(_ id: String) async throws -> RetryOutcome {
        let letter = try await database.read { [group] tx in
            let letter = try await DeadLetterTable.find(id, group: group, in: tx)
            let first = try await DeadLetterTable.first(group: group, subject: letter.event.subject, in: tx)
            guard let first, first.id != id else { return letter }
            throw DeadLetterError(.notFirst, "dead letter \(first.id) of \(first.event.subject) has to go first")
        }
        return try await drain(letter.event.subject)
    }

    /// Retries for each subject that has a letter which the query finds.
    public func retry(_ query: DeadLetterQuery) async throws -> RetryOutcome {
        var (outcome, last, done) = (RetryOutcome(), String?.none, Set<String>())
        while true {
            let part = try await part(query, after: last, limit: Self.batch)
            for letter in part.letters where done.insert(letter.event.subject).inserted {
                let drained = try await drain(letter.event.subject)
                outcome.handled += drained.handled
                outcome.failed += drained.failed
            }
            guard !part.isEnd else { return outcome }
            last = part.letters.last?.id
        }
    }

    /// Until no letter of the subject is left, or one fails.
    func drain(_ subject: String) async throws -> RetryOutcome {
        var outcome = RetryOutcome()
        while true {
            switch try await database.transaction({ [self] in try await retryFirst(of: subject, in: $0) }) {
            case .none: return outcome
            case .handled: outcome.handled += 1
            case .failed(let letter):
                outcome.failed = [letter]
                return outcome
            }
        }
    }

    private enum Step: Sendable {
        case none, handled
        case failed(DeadLetter)
    }

    private func retryFirst(of subject: String, in tx: any Transaction) async throws -> Step {
        guard let letter = try await DeadLetterTable.first(group: group, subject: subject, in: tx) else { return .none }
        guard let handler = handlers[letter.event.type] else {
            throw DeadLetterError(.noHandler, "\(group) does not handle \(letter.event.type)")
        }
        do {
            // The inbox has the event since it was set aside.
            try await tx.savepoint { try await handler(letter.event, $0) }
        } catch  where !isPassing(error) {
            let failed = letter.failedAgain(error)
            guard
                try await tx.update(
                    DeadLetterTable.record(failed), expecting: letter.version, in: DeadLetterTable.schema)
            else { throw DeadLetterError(.changed, "dead letter \(letter.id) was changed meanwhile") }
            return .failed(failed)
        }
        guard try await tx.delete(id: letter.id, expecting: letter.version, from: DeadLetterTable.schema) else {
            throw DeadLetterError(.changed, "dead letter \(letter.id) was changed meanwhile")
        }
        try await noteCount(in: tx)
        return .handled
    }
}

/// Goes on, now and then, with subjects whose letters wait for nothing any more: the process died between one letter and
/// the next, or another one set an event aside behind a letter that was just handled.
final class DeadLetterResuming: Sendable {
    private let loop: any Loop
    private let due: Mutex<Duration>

    init(loop: any Loop) {
        self.loop = loop
        due = Mutex(loop.uptime)
    }

    func run(_ letters: DeadLetters) async {
        guard letters.count > 0 else { return }
        let now = loop.uptime
        let isDue = due.withLock { due in
            guard now >= due else { return false }
            due = now + .seconds(10)
            return true
        }
        guard isDue else { return }
        var query = DeadLetterQuery()
        query.state = .waiting
        // What fails here is the database, and comes again with the next round.
        guard let waiting = try? await letters.list(query, limit: DeadLetters.batch) else { return }
        for subject in Set(waiting.map(\.event.subject)).sorted() { _ = try? await letters.resume(subject) }
    }
}
