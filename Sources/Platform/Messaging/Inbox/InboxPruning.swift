import Kernel
import Storage
import Synchronization

/// Takes old notes out of the inbox, a bounded number at a time, now and then.
final class InboxPruning: Sendable {
    static let standardKeeping = Duration.seconds(14 * 86_400)

    private let keeping: Duration
    private let loop: any Loop
    private let due: Mutex<Duration>
    private let batchSize = 500

    init(keeping: Duration, loop: any Loop) {
        precondition(keeping >= .seconds(7 * 86_400), "notes of the inbox are kept for seven days at least")
        self.keeping = keeping
        self.loop = loop
        due = Mutex(loop.uptime + .seconds(60))
    }

    func run(_ database: any Database) async {
        let now = loop.uptime
        let isDue = due.withLock { due in
            guard now >= due else { return false }
            due = now + .seconds(600)
            return true
        }
        guard isDue else { return }
        let (limit, batchSize) = (loop.now - keeping, batchSize)
        let pruned = try? await database.transaction { tx in
            try await Inbox.prune(before: limit, limit: batchSize, in: tx)
        }
        if let pruned, pruned < batchSize { return }
        // More may be left, or the database was away: goes on soon.
        due.withLock { $0 = now + .seconds(1) }
    }
}
