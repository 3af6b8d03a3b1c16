import Kernel
import Storage
import Synchronization

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
