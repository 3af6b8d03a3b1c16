import Kernel

/// Decides when the keys of an issuer are loaded again and which requests wait for them: no clock, no I/O.
///
/// Keys are loaded at the start, every `maximumAge`, and when a token names a key that is not among them. Two loads begin at
/// least `minimumInterval` apart, whatever tokens come in, so that made-up names cause no storm at the issuer; requests wait
/// for the next load, a bounded number of them. A load that fails changes no key.
public struct KeyRefresh: Sendable {
    public struct Settings: Sendable, Hashable {
        public let minimumInterval: Duration
        public let maximumAge: Duration
        public let maximumWaiting: Int

        public init(minimumInterval: Duration, maximumAge: Duration, maximumWaiting: Int = TokenLimits.waiting) {
            self.minimumInterval = minimumInterval
            self.maximumAge = maximumAge
            self.maximumWaiting = maximumWaiting
        }
    }

    /// The answer to a request whose key is not known.
    public enum Answer: Sendable, Hashable {
        /// Wait for the end of the next load.
        case wait
        /// So many wait already that this one is refused.
        case refuse
    }

    private let settings: Settings
    /// The start of the latest load.
    private var began: Duration?
    private var isLoading = false
    private var isWanted: Bool
    /// Whether the latest load failed.
    public private(set) var hasFailed = false
    public private(set) var waiting = 0

    /// `hasKeys` if there are some from the beginning.
    public init(_ settings: Settings, hasKeys: Bool, at now: Duration) {
        self.settings = settings
        isWanted = !hasKeys
        began = hasKeys ? now : nil
    }

    public mutating func miss() -> Answer {
        isWanted = true
        guard waiting < settings.maximumWaiting else { return .refuse }
        waiting += 1
        return .wait
    }

    /// The time until the next load should begin; zero if now. `nil` while one is under way.
    public func delay(at now: Duration) -> Duration? {
        if isLoading { return nil }
        guard let began else { return .zero }
        let pause = isWanted || hasFailed ? settings.minimumInterval : settings.maximumAge
        return max(.zero, began + pause - now)
    }

    public mutating func begin(at now: Duration) {
        isLoading = true
        isWanted = false
        began = now
    }

    /// Ends the wait of all requests, of those too that came during the load.
    public mutating func end(succeeded: Bool) {
        isLoading = false
        isWanted = false
        hasFailed = !succeeded
        waiting = 0
    }

    /// The load was given up, as it happens when the configuration is loaded again. Those who wait go on waiting, for a load
    /// that begins at once.
    public mutating func abandon() {
        isLoading = false
        isWanted = true
        began = nil
    }
}
