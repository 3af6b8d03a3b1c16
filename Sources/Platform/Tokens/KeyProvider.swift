public import Kernel
import Synchronization

/// The keys of one issuer, loaded again while the gateway runs.
public final class KeyProvider: Sendable {
    private struct State {
        var keys: KeySet?
        var refresh: KeyRefresh
        var waiters: [OneShot<Void>] = []
        /// Counts the changes of the keys.
        var generation = 0
        /// Whether nobody loads these keys any more.
        var isClosed = false
    }
    private let state: Mutex<State>
    private let loop: any Loop
    private let load: @Sendable () async throws -> KeySet
    private let wakeup = Signal()

    /// `load` bounds its own time and tells of its failures itself.
    public init(
        _ settings: KeyRefresh.Settings, keys: KeySet? = nil, loop: any Loop,
        load: @escaping @Sendable () async throws -> KeySet
    ) {
        self.loop = loop
        self.load = load
        state = Mutex(
            State(keys: keys, refresh: KeyRefresh(settings, hasKeys: keys != nil, at: loop.uptime)))
    }

    /// The keys in force, and a number that grows with each change of them.
    public var current: (keys: KeySet?, generation: Int) { state.withLock { ($0.keys, $0.generation) } }

    var generation: Int { state.withLock { $0.generation } }

    /// Requests that wait for the next load.
    var waiting: Int { state.withLock { $0.refresh.waiting } }

    /// Waits for the next load, because a key is not among the present ones. Throws if so many wait that this one may not, if
    /// the load fails, or if nobody will load them any more.
    func keysAfterLoad() async throws(TokenFault) -> KeySet {
        let waiter = OneShot<Void>()
        let waits = state.withLock { state in
            guard !state.isClosed, state.refresh.miss() == .wait else { return false }
            state.waiters.append(waiter)
            return true
        }
        wakeup.raise()
        // A request that was given up has no use for the keys, and must not wait for a load that may never end.
        if waits { await waiter.value(ifCancelled: ()) }
        let (keys, hasFailed) = state.withLock { ($0.keys, $0.refresh.hasFailed) }
        guard let keys, waits, !hasFailed, !Task.isCancelled else {
            throw TokenFault(.keysUnavailable, "The keys of the issuer of the token cannot be loaded now")
        }
        return keys
    }

    /// Loads the keys whenever it is time, until cancelled.
    public func run() async {
        while !Task.isCancelled {
            let now = loop.uptime
            let delay = state.withLock { state in
                let delay = state.refresh.delay(at: now) ?? .zero
                if delay == .zero { state.refresh.begin(at: now) }
                return delay
            }
            guard delay == .zero else {
                await wakeup.wait(on: loop, atMost: delay)
                continue
            }
            let loaded = try? await load()
            guard !Task.isCancelled else {
                state.withLock { $0.refresh.abandon() }
                return
            }
            finish(loaded)
        }
    }

    /// Answers whoever waits: nobody will load these keys any more.
    public func close() {
        state.withLock { $0.isClosed = true }
        finish(nil)
    }

    private func finish(_ loaded: KeySet?) {
        let waiters = state.withLock { state in
            if let loaded, state.keys?.isSame(as: loaded) != true {
                state.keys = loaded
                state.generation += 1
            }
            state.refresh.end(succeeded: loaded != nil)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.give(()) }
    }
}
