public import Kernel
import Synchronization

/// Sends by SMTP through libcurl, over a few connections that are kept for the next mail.
public final class SMTPMailTransport: MailTransport {
    private struct Job: Sendable {
        let mail: Mail
        let asked: Duration
        let continuation: CheckedContinuation<Result<Void, MailError>, Never>
    }
    private struct State {
        var idle: [SMTPConnection]
        var waiting: [Job] = []
    }
    /// A mail that had to wait longer than this for its turn is given back unsent: its sender may have given up.
    private static let longestWait = Duration.seconds(5)
    private static let maximumWaiting = 1024

    private let loop: any Loop
    private let state: Mutex<State>

    public init(_ server: SMTPServer, loop: any Loop) {
        self.loop = loop
        let connections = (0..<server.connections).map { _ in
            SMTPConnection(server, worker: loop.makeWorker(named: "smtp"))
        }
        state = Mutex(State(idle: connections))
    }

    public func send(_ mail: Mail) async throws(MailError) {
        let outcome: Result<Void, MailError> = await withCheckedContinuation { continuation in
            begin(Job(mail: mail, asked: loop.uptime, continuation: continuation))
        }
        try outcome.get()
    }

    private func begin(_ job: Job) {
        let (connection, isFull) = state.withLock { state -> (SMTPConnection?, Bool) in
            if let idle = state.idle.popLast() { return (idle, false) }
            guard state.waiting.count < Self.maximumWaiting else { return (nil, true) }
            state.waiting.append(job)
            return (nil, false)
        }
        if isFull { return job.continuation.resume(returning: .failure(Self.tooMany)) }
        if let connection { connection.worker.submit { [self] in work(connection, on: job) } }
    }

    /// On the connection's thread, until nobody waits.
    private func work(_ connection: SMTPConnection, on first: Job) {
        var next: Job? = first
        while let job = next {
            let isLate = loop.uptime - job.asked >= Self.longestWait
            job.continuation.resume(returning: isLate ? .failure(Self.tooMany) : connection.send(job.mail))
            next = state.withLock { state in
                if !state.waiting.isEmpty { return state.waiting.removeFirst() }
                state.idle.append(connection)
                return nil
            }
        }
    }

    private static let tooMany = MailError(.notTaken, "too many mails wait for the SMTP server")
}
