import Kernel
import Synchronization
import TLS
import Telemetry

/// Takes the gateway's certificate over when its files change, and says in time when it expires.
///
/// Certificate and key are replaced one after the other: `FileFollower` says when they are read. All reading is done on a
/// thread of its own, one after the other, so that a slow disk holds up no request.
final class CertificateKeeper: Sendable {
    private struct State {
        var files: FileFollower<[FileStamp?]>
        var nextWarning = Duration.zero
        var nextTicketKeys = CertificateKeeper.ticketKeyTime
    }
    let credentials: TLSCredentials
    private let loop: any Loop
    private let worker: any Worker
    private let log: Logger
    private let state: Mutex<State>

    private static let interval = Duration.seconds(1)
    private static let ticketKeyTime = Duration.seconds(8 * 3600)
    private static let warningTime = Duration.seconds(24 * 3600)
    /// The time before the end at which warnings begin.
    static let notice = Duration.seconds(14 * 86_400)

    /// `read` reads the files.
    init(
        _ files: TLSSettings, loop: any Loop, log: Logger, metrics: MetricsRegistry,
        read: () throws -> TLSCredentials
    ) rethrows {
        let stamps = Self.stamps(of: files)
        let credentials = try read()
        self.credentials = credentials
        self.loop = loop
        self.log = log
        worker = loop.makeWorker(named: "certificate")
        state = Mutex(State(files: FileFollower(stamps)))
        metrics.gauge(
            "sambal_tls_certificate_expires_timestamp_seconds",
            help: "When the certificate expires, in seconds since 1970."
        ) {
            Double(credentials.validUntil.milliseconds) / 1000
        }
    }

    /// Looks at the files every second until cancelled.
    func run() async throws {
        while true {
            let (uptime, now) = (loop.uptime, loop.now)
            try await worker.run { [self] in look(uptime, now) }
            let (replacesKeys, warns) = state.withLock { state in
                let isDue = (uptime >= state.nextTicketKeys, uptime >= state.nextWarning)
                if isDue.0 { state.nextTicketKeys = uptime + Self.ticketKeyTime }
                if isDue.1 { state.nextWarning = uptime + Self.warningTime }
                return isDue
            }
            // Here, since the handshakes of this thread use them.
            if replacesKeys { credentials.replaceTicketKeys() }
            if warns { warn() }
            try await loop.sleep(for: Self.interval)
        }
    }

    /// Uses other files from now on, which `replace` reads. If it throws, nothing has changed.
    func takeOver(
        _ files: TLSSettings, replace: @escaping @Sendable (TLSCredentials) throws -> Void
    ) async throws {
        try await worker.run { [self] in
            let stamps = Self.stamps(of: files)
            try replace(credentials)
            state.withLock { $0.files.accept(stamps) }
        }
    }

    private func look(_ uptime: Duration, _ now: Timestamp) {
        let settings = credentials.settings
        let stamps = Self.stamps(of: settings)
        if state.withLock({ $0.files.look(stamps, at: uptime) }) { replace(settings, stamps, uptime, now) }
    }

    private func replace(_ settings: TLSSettings, _ stamps: [FileStamp?], _ uptime: Duration, _ now: Timestamp) {
        do throws(TLSError) {
            try credentials.replace(settings, at: now)
            state.withLock { $0.files.accept(stamps) }
            log.info(
                "the certificate has changed; new connections get the new one",
                metadata: [
                    "certificate": .string(credentials.subject), "until": .string(credentials.validUntil.description),
                ])
        } catch {
            if state.withLock({ $0.files.refuse(stamps, because: error.description, at: uptime) }) {
                log.error(
                    "the changed certificate is refused; the old one stays in force",
                    metadata: [.error: .error(error)])
            }
        }
    }

    /// Says once a day what will keep clients out, or does already.
    private func warn() {
        let now = loop.now
        if let reason = state.withLock({ $0.files.refusedBecause }) {
            log.error(
                "the changed certificate is refused; the old one stays in force", metadata: [.error: .string(reason)])
        }
        if let problem = credentials.problem(at: now) {
            log.error(
                "clients refuse the certificate: renew it, and replace its files", metadata: [.error: .string(problem)]
            )
        } else if credentials.validUntil - now < Self.notice {
            log.warning(
                "the certificate expires soon: renew it, and replace its files",
                metadata: ["until": .string(credentials.validUntil.description)])
        }
    }

    private static func stamps(of settings: TLSSettings) -> [FileStamp?] {
        [FileStamp(settings.certificate), FileStamp(settings.key)]
    }
}
