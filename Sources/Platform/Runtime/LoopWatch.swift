import Glibc
import Kernel
import Synchronization

/// Watches a loop from a thread of its own: measures its longest turn, tells of a turn that lasts too long while it lasts,
/// and of one that has no end.
public final class LoopWatch: Sendable {
    /// How long the turn lasts, and what the loop began last.
    public typealias Observer = @Sendable (Duration, String) -> Void

    private struct State {
        /// The longest turn of each of the last seconds, in nanoseconds.
        var seconds = [UInt64](repeating: 0, count: 60)
        var second = 0
        var isRunning = false
        /// When the process must have ended, in nanoseconds of the monotonic clock.
        var end: UInt64?
        /// The longest turn that is no hang.
        var hang: UInt64
    }
    private let loop: EventLoop
    private let stall: UInt64
    private let silence: UInt64
    private let period: UInt64
    private let onStall: Observer
    private let onHang: Observer
    private let onSilence: Observer
    private let state: Mutex<State>

    /// `onStall` is called once for a turn longer than `stall`; `onHang` for one longer than `hang`, and where an expected
    /// end does not come. `onSilence` is called again and again during a turn longer than `silence`. All are called on the
    /// watch's thread.
    public init(
        _ loop: EventLoop, stall: Duration = .seconds(1), silence: Duration = .seconds(2), hang: Duration,
        period: Duration = .milliseconds(250), onStall: @escaping Observer, onHang: @escaping Observer,
        onSilence: @escaping Observer = { _, _ in }
    ) {
        self.loop = loop
        self.stall = UInt64(clamping: stall.wholeNanoseconds)
        state = Mutex(State(hang: UInt64(clamping: hang.wholeNanoseconds)))
        self.silence = UInt64(clamping: silence.wholeNanoseconds)
        self.period = UInt64(clamping: period.wholeNanoseconds)
        self.onStall = onStall
        self.onHang = onHang
        self.onSilence = onSilence
    }

    public func start() {
        let mayStart = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mayStart { startThread(named: "watch") { [self] in run() } }
    }

    public func stop() { state.withLock { $0.isRunning = false } }

    /// From now on the process has that long to end, whatever the loop does, and a turn longer than `turn` is one that has
    /// no end: the loop does not even begin to stop. A turn that is not yet a stall is none of those.
    public func expectEnd(within limit: Duration, turn: Duration) {
        let end = SystemClock.monotonic + UInt64(clamping: limit.wholeNanoseconds)
        let longest = max(stall, UInt64(clamping: turn.wholeNanoseconds))
        state.withLock { state in
            state.end = end
            state.hang = min(state.hang, longest)
        }
    }

    /// The longest turn of the last minute, the one that lasts now included.
    public var longestTurn: Duration {
        let ended = max(state.withLock { $0.seconds.max() ?? 0 }, loop.turns.longestLeft)
        return .nanoseconds(Int64(clamping: max(ended, currentTurn(at: SystemClock.monotonic)?.length ?? 0)))
    }

    private func run() {
        var stalled: UInt64?
        var lastSecond = SystemClock.monotonic / 1_000_000_000
        while state.withLock({ $0.isRunning }) {
            var pause = timespec(tv_sec: Int(period / 1_000_000_000), tv_nsec: Int(period % 1_000_000_000))
            nanosleep(&pause, nil)
            let time = SystemClock.monotonic
            record(loop.turns.takeLongest(), isNewSecond: time / 1_000_000_000 > lastSecond)
            lastSecond = time / 1_000_000_000
            let (end, hang) = state.withLock { ($0.end, $0.hang) }
            if let end, time > end { onHang(.zero, loop.turns.lastWork) }
            guard let turn = currentTurn(at: time) else { continue }
            let length = Duration.nanoseconds(Int64(clamping: turn.length))
            if turn.length > stall, stalled != turn.began {
                stalled = turn.began
                onStall(length, loop.turns.lastWork)
            }
            if turn.length > silence { onSilence(length, loop.turns.lastWork) }
            if turn.length > hang { onHang(length, loop.turns.lastWork) }
        }
    }

    private func record(_ length: UInt64, isNewSecond: Bool) {
        state.withLock { state in
            if isNewSecond {
                state.second = (state.second + 1) % state.seconds.count
                state.seconds[state.second] = 0
            }
            state.seconds[state.second] = max(state.seconds[state.second], length)
        }
    }

    private func currentTurn(at time: UInt64) -> (began: UInt64, length: UInt64)? {
        guard let began = loop.turns.current, time > began else { return nil }
        return (began, time - began)
    }
}

/// How long the turns of a loop take: from one waking to the next sleep. Written by the loop, read by a watch.
final class LoopTurns: Sendable {
    /// When the turn began, in nanoseconds of the monotonic clock; 0 while the loop sleeps.
    private let began = Atomic<UInt64>(0)
    private let longest = Atomic<UInt64>(0)
    private let lastNote = Mutex("")

    func begin(at time: UInt64) { began.store(time, ordering: .relaxed) }

    func end(at time: UInt64) {
        let start = began.load(ordering: .relaxed)
        guard start > 0 else { return }
        if time - start > longest.load(ordering: .relaxed) { longest.store(time - start, ordering: .relaxed) }
        began.store(0, ordering: .relaxed)
    }

    func note(_ work: String) { lastNote.withLock { $0 = work } }

    var lastWork: String { lastNote.withLock { $0 } }

    /// When the turn that lasts now began.
    var current: UInt64? {
        let start = began.load(ordering: .relaxed)
        return start > 0 ? start : nil
    }

    /// The longest turn that ended and was not taken yet, in nanoseconds.
    var longestLeft: UInt64 { longest.load(ordering: .relaxed) }

    /// The longest turn that ended since this was last asked for, in nanoseconds.
    func takeLongest() -> UInt64 { longest.exchange(0, ordering: .relaxed) }
}
