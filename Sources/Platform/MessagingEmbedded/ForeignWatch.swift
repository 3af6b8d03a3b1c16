import Kernel
import Storage
import StorageSQLite
import Synchronization

/// Looks now and then whether another process appended, while this one has subscribers.
final class ForeignWatch: @unchecked Sendable {  // `version` belongs to the worker; the rest is immutable or locked
    private let connection: Connection
    private let gate: WorkerGate
    private let loop: any Loop
    private let interval: Duration
    private let subscribers: Subscribers
    private let isRunning = Mutex(false)
    private var version: Int64?

    init(
        connection: Connection, gate: WorkerGate, loop: any Loop, interval: Duration, subscribers: Subscribers
    ) {
        self.connection = connection
        self.gate = gate
        self.loop = loop
        self.interval = interval
        self.subscribers = subscribers
    }

    func start() {
        let mustStart = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
        if mustStart { next() }
    }

    private func next() {
        loop.schedule(after: interval) { [weak self] in
            guard let self else { return }
            let isNeeded = isRunning.withLock { isRunning in
                isRunning = !subscribers.isEmpty
                return isRunning
            }
            guard isNeeded else { return }
            // Refused once the log is closed, which ends the watch.
            try? gate.submit { [weak self] in self?.look() }
        }
    }

    private func look() {
        // Asked on the writing connection, which does not count its own commits. An error here is one of the file, and
        // readers will report it.
        let current = try? connection.statement("PRAGMA data_version").first { $0.integer(0) }
        if let current, current != version {
            version = current
            subscribers.wake(types: nil)
        }
        next()
    }
}
