import Kernel
import Synchronization
import TLS
import Telemetry

/// Takes the gateway's certificate over when its files change, and says in time when it expires.
///
/// Files are read once they have stood still for a moment: certificate and key are replaced one after the other.
final class CertificateKeeper: Sendable {
    private struct State {
        var known: [FileStamp?]
        var latest: [FileStamp?]
        var nextWarning = Duration.zero
        var nextTicketKeys = CertificateKeeper.ticketKeyTime
    }
    let credentials: TLSCredentials
    private let loop: any Loop
    private let log: Logger
    private let state: Mutex<State>

    private static let interval = Duration.seconds(1)
    private static let ticketKeyTime = Duration.seconds(8 * 3600)
    private static let warningTime = Duration.seconds(24 * 3600)
    /// The time before the end at which warnings begin.
    private static let notice = Duration.seconds(14 * 86_400)

    init(_ credentials: TLSCredentials, loop: any Loop, log: Logger, metrics: MetricsRegistry) {
        self.credentials = credentials
        self.loop = loop
        self.log = log
        let stamps = Self.stamps(of: credentials.settings)
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
            look()
            try await loop.sleep(for: Self.interval)
        }
    }

    /// Uses other settings from now on, whose files `replace` has read.
    func takeOver(_ replace: (TLSCredentials) throws -> Void) rethrows {
        try replace(credentials)
        let stamps = Self.stamps(of: credentials.settings)
        state.withLock { ($0.known, $0.latest) = (stamps, stamps) }
    }

    private func look() {
        let settings = credentials.settings
        let stamps = Self.stamps(of: settings)
        let time = loop.uptime
        let (isChanged, warns, replacesKeys) = state.withLock { state in
            let isSettled = stamps == state.latest
            state.latest = stamps
            let isChanged = isSettled && stamps != state.known && !stamps.contains(nil)
            if isChanged { state.known = stamps }
            let warns = time >= state.nextWarning
            if warns { state.nextWarning = time + Self.warningTime }
            let replacesKeys = time >= state.nextTicketKeys
            if replacesKeys { state.nextTicketKeys = time + Self.ticketKeyTime }
            return (isChanged, warns, replacesKeys)
        }
        if replacesKeys { credentials.replaceTicketKeys() }
        if isChanged { replace(settings) }
        if warns { warn() }
    }

    private func replace(_ settings: TLSSettings) {
        do throws(TLSError) {
            try credentials.replace(settings, at: loop.now)
            log.info(
                "the certificate has changed; new connections get the new one",
                metadata: [
                    "certificate": .string(credentials.subject), "until": .string(credentials.validUntil.description),
                ])
        } catch {
            log.error(
                "the changed certificate is refused; the old one stays in force", metadata: [.error: .error(error)])
        }
    }

    private func warn() {
        let now = loop.now
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
