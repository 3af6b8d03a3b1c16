import CCurl
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

/// Where mails are handed over, and how.
public struct SMTPServer: Sendable {
    /// `smtp://host:port`, or `smtps://` for TLS from the first byte.
    public var url: String
    public var user: String?
    public var password: String?
    /// Refuse to send if the server does not offer STARTTLS.
    public var requiresTLS: Bool
    /// PEM file of the authorities whose certificates are trusted; the system's if there is none.
    public var authorities: String?
    /// For one mail, connecting included.
    public var timeout: Duration
    /// How many mails may be under way at once.
    public var connections: Int

    public init(
        url: String, user: String? = nil, password: String? = nil, requiresTLS: Bool = false,
        authorities: String? = nil, timeout: Duration = .seconds(20), connections: Int = 4
    ) {
        precondition(connections >= 1)
        self.url = url
        self.user = user
        self.password = password
        self.requiresTLS = requiresTLS
        self.authorities = authorities
        self.timeout = timeout
        self.connections = connections
    }
}

/// How libcurl's handing over of one mail ended, and what that says of the mail.
struct SMTPEnd {
    let code: CURLcode
    /// The server's last reply code, 0 where it said nothing.
    let reply: Int
    /// Whether all of the mail was given to the connection.
    let isWholeMailOut: Bool

    /// `nil` if the server has taken the mail.
    var failure: MailError.Outcome? {
        if code == CURLE_OK { return nil }
        let isPermanent = (500..<600).contains(reply) && !Self.aboutLogin.contains(reply)
        switch code {
        // The sender, the recipient or the command DATA was refused.
        case CURLE_SEND_ERROR where !isWholeMailOut: return isPermanent ? .refused : .notTaken
        // libcurl has this for the answer to the mail itself, and for a greeting that concerns all mails.
        case CURLE_WEIRD_SERVER_REPLY:
            guard isWholeMailOut else { return .notTaken }
            return isPermanent ? .refused : (400..<600).contains(reply) ? .notTaken : .unknown
        default: return isWholeMailOut ? .unknown : .notTaken
        }
    }

    /// Authentication is missing, too weak or failed (RFC 4954 §6): the configuration's fault, not the mail's.
    private static let aboutLogin: Set<Int> = [530, 534, 535, 538]
}
