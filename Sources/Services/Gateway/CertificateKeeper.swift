import Kernel
import Synchronization
import TLS
import Telemetry

/// Takes the gateway's certificate over when its files change, and says in time when it expires.
///
/// Files are read once they have stood still for a moment: certificate and key are replaced one after the other. All reading
/// is done on a thread of its own, one after the other, so that a slow disk holds up no request.
final class CertificateKeeper: Sendable {
    /// A pair of files that cannot be used. It is tried again: permissions, or the time, may make it usable.
    private struct Refusal {
        let stamps: [FileStamp?]
        let reason: String
        let nextTry: Duration
    }
    private struct State {
        /// The files of the certificate in force, as they were before it was read from them.
        var known: [FileStamp?]
        var latest: [FileStamp?]
        var refusal: Refusal?
        var nextWarning = Duration.zero
        var nextTicketKeys = CertificateKeeper.ticketKeyTime
    }
    let credentials: TLSCredentials
    private let loop: any Loop
    private let worker: any Worker
    private let log: Logger
    private let state: Mutex<State>

    private static let interval = Duration.seconds(1)
    private static let retryTime = Duration.seconds(60)
    private static let ticketKeyTime = Duration.seconds(8 * 3600)
    private static let warningTime = Duration.seconds(24 * 3600)
    /// The time before the end at which warnings begin.
    private static let notice = Duration.seconds(14 * 86_400)

    /// `read` reads the files.
    init(
        _ files: TLSSettings, loop: any Loop, log: Logger, metrics: MetricsRegistry,
        read: () throws -> TLSCredentials
    ) rethrows {
        // A file that changes while it is read must not count as known.
        let stamps = Self.stamps(of: files)
        let credentials = try read()
        self.credentials = credentials
        self.loop = loop
        self.log = log
        worker = loop.makeWorker(named: "certificate")
        state = Mutex(State(known: stamps, latest: stamps))
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
            state.withLock { ($0.known, $0.latest, $0.refusal) = (stamps, stamps, nil) }
        }
    }

    private func look(_ uptime: Duration, _ now: Timestamp) {
        let settings = credentials.settings
        let stamps = Self.stamps(of: settings)
        let isChanged = state.withLock { state in
            let isSettled = stamps == state.latest
            state.latest = stamps
            guard stamps != state.known else {
                state.refusal = nil
                return false
            }
            guard let refusal = state.refusal, refusal.stamps == stamps else { return isSettled }
            return uptime >= refusal.nextTry
        }
        if isChanged { replace(settings, stamps, uptime, now) }
    }

    private func replace(_ settings: TLSSettings, _ stamps: [FileStamp?], _ uptime: Duration, _ now: Timestamp) {
        do throws(TLSError) {
            try credentials.replace(settings, at: now)
            state.withLock { ($0.known, $0.refusal) = (stamps, nil) }
            log.info(
                "the certificate has changed; new connections get the new one",
                metadata: [
                    "certificate": .string(credentials.subject), "until": .string(credentials.validUntil.description),
                ])
        } catch {
            let isNew = state.withLock { state in
                let before = state.refusal
                state.refusal = Refusal(
                    stamps: stamps, reason: error.description, nextTry: uptime + Self.retryTime)
                return before?.stamps != stamps || before?.reason != error.description
            }
            // The next tries end the same way for as long as nothing changes.
            if isNew {
                log.error(
                    "the changed certificate is refused; the old one stays in force",
                    metadata: [.error: .error(error)])
            }
        }
    }

    /// Says once a day what will keep clients out, or does already.
    private func warn() {
        let now = loop.now
        if let reason = state.withLock({ $0.refusal?.reason }) {
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
